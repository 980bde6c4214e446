"""See rules/torch/iterable-dataset-not-sharded.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.classes import Class
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.torch.datasets import (
    acts_in_workers,
    is_iterable_style,
    loaded_class,
    streamed,
    worker_count,
)
from ml_lsp.semantics.values import Ref, Value, walk

_WORKERS, _INIT = 5, 10
_RANGE = "builtins.range"


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report a loader with several workers over a stream that each of them goes through as a whole."""
    workers = worker_count(call)
    if workers is None or workers < 2 or not call.lacks(_INIT, "worker_init_fn") or is_test_code(call.scope):
        return
    own = loaded_class(call)
    if own is None or not is_iterable_style(own) or own.has_unknown_base:
        return
    method = own.method("__iter__")
    if method is None or method.node is None or _may_share(own, rule) or not _has_fixed_source(own, rule):
        return
    related = [method.related(method.node, f"each worker goes through all that `{own.name}` yields")]
    span = call.argument_span(_WORKERS, "num_workers") or call.callee_span
    yield rule.finding(span, related=related, dataset=own.name)


def _may_share(own: Class, rule: Rule) -> bool:
    """Whether workers may share the work, or draw samples of their own."""
    if any(own.scope.inquiry.mentions(word) for word in rule.data["sharing_words"]):
        return True
    drawn = tuple(rule.data["random_modules"])
    return any((act.call.name or "").startswith(drawn) for act in acts_in_workers(own))


def _has_fixed_source(own: Class, rule: Rule) -> bool:
    """Whether what it yields comes from files or a range, which are the same in each worker."""
    return any(
        _comes_from(value, rule.data["files"]) or (outermost and _comes_from(value, (_RANGE,)))
        for value, outermost in streamed(own)
    )


def _comes_from(value: Value, names: tuple[str, ...] | list[str]) -> bool:
    return any(isinstance(part, Ref) and part.name in names for part in walk(value))
