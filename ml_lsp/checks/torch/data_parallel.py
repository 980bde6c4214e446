"""See rules/torch/data-parallel.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.semantics.mentioning import calls_mentioning
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.torch.objects import enclosing_class
from ml_lsp.semantics.values import options

_CHOICES = ("DistributedDataParallel", "init_process_group", "legacy")


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report the first place of a module that replicates a model which is trained."""
    inquiry = call.scope.inquiry
    if is_test_code(call.scope) or any(inquiry.mentions(word) for word in _CHOICES):
        return
    if (
        not _is_a_wrapper_of_its_own(call)
        and not _is_put_into_eval(call)
        and _is_first(call)
        and any(map(_trains, (inquiry, *inquiry.importers())))
    ):
        yield rule.finding(call.callee_span)


def _is_put_into_eval(call: Call) -> bool:
    """Whether the function that wraps a model puts it into eval mode, and not back: it is handed out to predict."""
    modes = {
        other.method
        for other in call.scope.calls
        if other.method in ("eval", "train") and other.receiver is not None
        for model in options(other.receiver)
        if model.site is not None and model.site.node is call.node
    }
    return call.scope.is_function and modes == {"eval"}


def _trains(inquiry: Inquiry) -> bool:
    return inquiry.mentions("backward") and inquiry.mentions("step")


def _is_first(call: Call) -> bool:
    """Whether no call above in the module replicates a model."""
    around = calls_mentioning(call.scope.inquiry, str(call.name).rpartition(".")[2])
    return not any(other.name == call.name and other.span.start < call.span.start for other in around)


def _is_a_wrapper_of_its_own(call: Call) -> bool:
    """Whether the code around is named for data parallelism: one of several ways that a library offers."""
    owner = enclosing_class(call.scope)
    names = (call.scope.name, owner.name if owner is not None else "")
    return any("parallel" in name.lower() for name in names)
