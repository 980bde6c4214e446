"""See rules/torch/scheduler-wrong-frequency.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.semantics.body import Loop, loops_of
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.torch.objects import is_managed
from ml_lsp.semantics.torch.schedules import (
    counts_batches,
    epochs_of,
    is_batch_loop,
    is_same_number,
    made_scheduler,
)
from ml_lsp.semantics.values import Const, Display, Op, Ref, Result, Value, walk


def check(loop: Loop, rule: Rule) -> Iterator[Finding]:
    """Report a scheduler whose length counts epochs and whose steps are batches, or the other way round."""
    for call in loop.own_calls:
        made = made_scheduler(call) if call.method == "step" and call.block.node is loop.node else None
        if made is None or not isinstance(made.callee, Ref) or is_managed(loop.scope):
            continue
        short = made.callee.name.rpartition(".")[2]
        epochs = _epochs_around(loop)
        if epochs is not None and is_batch_loop(loop) and _lasts(made, rule, epochs):
            words = {"length": "epochs", "unit": "batch", "effect": "is over within an epoch"}
        elif _is_epoch_loop(loop) and _lasts_batches(made, rule) and not _steps_inside(loop, made):
            words = {"length": "batches", "unit": "epoch", "effect": "never gets past its start"}
        else:
            continue
        yield rule.finding(call.span, message=rule.message.format(scheduler=short, **words))


def _epochs_around(loop: Loop) -> Value | None:
    """The bound of the epoch loop that is directly around a loop."""
    outer = next(iter(loop.outer), None)
    return epochs_of(outer) if outer is not None else None


def _is_epoch_loop(loop: Loop) -> bool:
    """Whether a loop over `range` holds a loop over batches."""
    inner = (other for other in loops_of(loop.scope) if next(iter(other.outer), loop).node is loop.node)
    return epochs_of(loop) is not None and any(
        other.node is not loop.node and is_batch_loop(other) for other in inner
    )


def _length(made: Result, rule: Rule) -> Value | None:
    assert isinstance(made.callee, Ref)
    known = rule.data["lengths"].get(made.callee.name)
    return made.argument(known[1], known[0]) if known is not None else None


def _lasts(made: Result, rule: Rule, number: Value) -> bool:
    length = _length(made, rule)
    return (length is not None and is_same_number(length, number)) or _is_share(made, rule, number)


def _is_share(made: Result, rule: Rule, number: Value) -> bool:
    """Whether a scheduler's steps are parts of a number that is a variable: `StepLR(optimizer, epochs // 3)`."""
    assert isinstance(made.callee, Ref)
    known = rule.data["shares"].get(made.callee.name)
    given = made.argument(known[1], known[0]) if known is not None else None
    if given is None or isinstance(number, Const) or not _is_made_of(given, number):
        return False
    return any(is_same_number(part, number) for part in walk(given))


def _is_made_of(value: Value, number: Value) -> bool:
    """Whether nothing but a number and constants go into a value."""
    match value:
        case Const():
            return True
        case (
            Op(operands=parts) | Display(items=parts) | Result(Ref("builtins.int" | "builtins.round"), parts)
        ):
            return all(_is_made_of(part, number) for part in parts)
    return is_same_number(value, number)


def _lasts_batches(made: Result, rule: Rule) -> bool:
    if made.callee == Ref(rule.data["cyclic"]) and made.argument(3, "step_size_up") is None:
        return all(key is not None for key, _ in made.keywords)
    length = _length(made, rule)
    name, argument, position = rule.data["steps_per_epoch"]
    if made.callee == Ref(name) and length is None:
        length = made.argument(position, argument)
    return length is not None and counts_batches(length)


def _steps_inside(loop: Loop, made: Result) -> bool:
    """Whether the scheduler also steps in a loop inside."""
    others = (call for call in loop.calls if call not in loop.own_calls and call.method == "step")
    return any(_is_of(call, made) for call in others)


def _is_of(call: Call, made: Result) -> bool:
    found = made_scheduler(call)
    return (
        found is not None
        and found.site is not None
        and made.site is not None
        and found.site.node is made.site.node
    )
