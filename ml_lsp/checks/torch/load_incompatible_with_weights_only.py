"""See rules/torch/load-incompatible-with-weights-only.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.expected_errors import expects_an_error
from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.semantics.torch.loaded import is_used_as_module
from ml_lsp.semantics.torch.refused import refused_contents
from ml_lsp.semantics.version_guards import is_version_guarded
from ml_lsp.semantics.versions import has_reached


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report loads of files that hold more than tensors, by what is done with them or by what wrote them."""
    inquiry = call.scope.inquiry
    if not (call.lacks(None, "weights_only") and call.lacks(2, "pickle_module")):
        return
    if not has_reached(inquiry.versions, "torch", rule.data["since"]) or expects_an_error(call):
        return
    if is_version_guarded(call.scope, call.node):
        return
    if any(here.mentions(word) for here in _with_packages(inquiry) for word in rule.data["answers"]):
        return
    messages = rule.data["messages"]
    if is_used_as_module(call):
        yield rule.finding(call.span, message=messages["module"])
        return
    for save, name in refused_contents(call):
        related = [save.scope.related(save.node, "it is written here")]
        yield rule.finding(call.span, message=messages["content"], name=name, related=related)
        return


def _with_packages(inquiry: Inquiry) -> Iterator[Inquiry]:
    """A file and the packages that hold it, whose `__init__` has run before."""
    yield inquiry
    for folder in inquiry.module.path.parents:
        package = inquiry.at(folder / "__init__.py")
        if package is None:
            return
        yield package
