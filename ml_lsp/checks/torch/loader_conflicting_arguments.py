"""See rules/torch/loader-conflicting-arguments.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import remove_argument
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.expected_errors import expects_an_error
from ml_lsp.semantics.types import class_of, is_a
from ml_lsp.semantics.values import Const, options

# The positions at which a DataLoader takes its arguments; the others are given by keyword.
_POSITIONS = {
    "dataset": 0, "batch_size": 1, "shuffle": 2, "sampler": 3, "batch_sampler": 4, "num_workers": 5,
    "drop_last": 8, "timeout": 9, "multiprocessing_context": 11,
}  # fmt: skip
_FOR_WORKERS = ("persistent_workers", "prefetch_factor", "timeout", "multiprocessing_context")


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report the later one of two arguments that a DataLoader refuses together."""
    conflict = next(_conflicts(call), None)
    if conflict is None or expects_an_error(call):
        return
    names, what, remedy = conflict
    nodes = [node for name in names if (node := call.argument(_POSITIONS.get(name), name)) is not None]
    keywords = [keyword for keyword in call.node.keywords if keyword.value in nodes]
    spans = [call.scope.span(part) for part in (keywords or nodes)]
    shuffle = next((k.value for k in keywords if k.arg == "shuffle"), None)
    edits = [remove_argument(call, shuffle)] if shuffle is not None else []
    span = max(spans, default=call.callee_span)
    yield rule.finding(span, edits=edits, what=what, remedy=remedy, argument="shuffle=True")


def _conflicts(call: Call) -> Iterator[tuple[tuple[str, ...], str, str]]:
    """The names of arguments that exclude each other, what is wrong with them, and what to do."""
    sampler, batches = _is_given(call, "sampler"), _is_given(call, "batch_sampler")
    shuffles = _constant(call, "shuffle") is True
    if batches:
        others = [name for name in ("batch_size", "shuffle", "sampler", "drop_last") if _decides(call, name)]
        for other in others:
            yield (other, "batch_sampler"), f"`batch_sampler` excludes `{other}`", f"Drop `{other}`."
    elif sampler and shuffles:
        yield ("sampler", "shuffle"), "`sampler` excludes `shuffle=True`", "The sampler sets the order."
    dataset = call.argument_value(0, "dataset")
    if dataset is not None and is_a(call.scope, dataset, "torch.utils.data.IterableDataset"):
        for name in ("shuffle",) * shuffles + ("sampler",) * sampler:
            yield (name,), f"an IterableDataset excludes `{name}`", "The dataset sets the order."
    if _size_is_none(call) and _constant(call, "drop_last") is True:
        yield ("batch_size", "drop_last"), "`batch_size=None` excludes `drop_last`", "Drop one of them."
    yield from _about_workers(call)


def _about_workers(call: Call) -> Iterator[tuple[tuple[str, ...], str, str]]:
    workers = _constant(call, "num_workers")
    if isinstance(workers, int) and workers < 0:
        yield ("num_workers",), "`num_workers` is negative", "0 loads in the main process."
    if workers == 0 or call.lacks(_POSITIONS["num_workers"], "num_workers"):
        for name in _FOR_WORKERS:
            given = _constant(call, name)
            if given is True or (isinstance(given, int | float | str) and given):
                yield (name,), f"`{name}` needs workers", "Set `num_workers` above 0."


def _constant(call: Call, name: str) -> object:
    return call.constant(_POSITIONS.get(name), name)


def _size_is_none(call: Call) -> bool:
    return call.argument_value(_POSITIONS["batch_size"], "batch_size") == Const(None)


def _decides(call: Call, name: str) -> bool:
    """Whether an argument is certainly given a value that a batch sampler excludes."""
    if name == "sampler":
        return _is_given(call, name)
    given = _constant(call, name)
    return given is True or (name == "batch_size" and isinstance(given, int) and given != 1)


def _is_given(call: Call, name: str) -> bool:
    """Whether an argument is certainly an object, not None on any way."""
    value = call.argument_value(_POSITIONS[name], name)
    if value is None or Const(None) in options(value):
        return False
    return class_of(call.scope, value) is not None
