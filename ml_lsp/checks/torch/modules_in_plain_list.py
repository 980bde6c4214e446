"""See rules/torch/modules-in-plain-list.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import wrap_in_call
from ml_lsp.renaming import spelled
from ml_lsp.semantics import library
from ml_lsp.semantics.classes import Class
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.torch.objects import is_module
from ml_lsp.semantics.torch.unregistered import Hidden, hidden_modules
from ml_lsp.semantics.types import is_a
from ml_lsp.text import Edit


def check(class_: Class, rule: Rule) -> Iterator[Finding]:
    """Report containers that hide sub-modules or parameters from the module around them."""
    if not class_.is_a(library.MODULE) or is_test_code(class_.scope):
        return
    for hidden in hidden_modules(class_):
        if not _is_meant(hidden, rule):
            remedy = _remedy(hidden)
            edits = _wrapped(hidden, remedy)
            shown = remedy.removeprefix("torch.")
            span = hidden.scope.span(hidden.node)
            yield rule.finding(span, edits=edits, container=hidden.kind, remedy=shown)


def _is_meant(hidden: Hidden, rule: Rule) -> bool:
    """Whether the name says that hiding is meant, or a comment explains a container of one."""
    named = any(word in hidden.attribute.lower() for word in rule.data["hidden_names"])
    single = isinstance(hidden.node, ast.List | ast.Tuple) and len(hidden.node.elts) == 1
    return named or (single and hidden.scope.has_comment(hidden.node))


def _remedy(hidden: Hidden) -> str:
    parameters = all(is_a(hidden.scope, item, "torch.nn.Parameter") for item in hidden.items)
    kind = "Dict" if hidden.kind == "dict" else "List"
    return f"torch.nn.{'Parameter' if parameters else 'Module'}{kind}"


def _wrapped(hidden: Hidden, remedy: str) -> tuple[Edit, ...]:
    """Edits that put a list, or a dict with string keys, into its registering twin."""
    plain = all(is_module(hidden.scope, item) or "Parameter" in remedy for item in hidden.items)
    keys = hidden.node.keys if isinstance(hidden.node, ast.Dict) else []
    named = all(isinstance(key, ast.Constant) and isinstance(key.value, str) for key in keys)
    cured = isinstance(hidden.node, ast.List | ast.ListComp | ast.Dict) and hidden.is_literal
    if not (plain and named and cured):
        return ()
    written, edits = spelled(hidden.scope.inquiry, remedy)
    return (*edits, *wrap_in_call(hidden.scope, hidden.node, written))
