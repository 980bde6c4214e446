"""Mixed precision: between which calls gradients carry the loss scale."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from ml_lsp.semantics.body import Body
from ml_lsp.semantics.reach import Act
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.torch.parameters import origin
from ml_lsp.semantics.torch.training import (
    acts_of,
    exclude_each_other,
    is_hidden_method,
    is_unknown,
    loss_scaler,
    passes,
    stepped_optimizer,
    stepping_scaler,
)
from ml_lsp.semantics.values import Attr, Const, Result, Value, identity, walk


@dataclass(frozen=True, eq=False)
class ScaledClip:
    """A clip of gradients that still carry the loss scale, and the step of the scaler that follows."""

    clip: Act
    step: Act

    @property
    def names(self) -> tuple[str, str]:
        """The scaler and the optimizer as they are written at the step."""
        call = self.step.call
        assert isinstance(call.node.func, ast.Attribute)
        return call.scope.text(call.node.func.value), call.scope.text(call.node.args[0])


def scaled_clips(body: Body, clips: Collection[str]) -> Iterator[ScaledClip]:
    """The clips (calls of these dotted names) between a scaled backward and its scaler's step."""
    row = acts_of(body)
    for at, act in enumerate(row):
        if act.call.name in clips and not _is_in_helper_with_backward(row[:at], act):
            step = next((step for step in row[at + 1 :] if _follows(act, step)), None)
            if step is not None and _is_scaled(row[:at], act, step) and not _is_told_the_scale(act):
                yield ScaledClip(act, step)


def _follows(clip: Act, step: Act) -> bool:
    """Whether a call is a scaler's step that may come after a clip."""
    return (
        stepping_scaler(step) is not None
        and bool(step.call.node.args)
        and not exclude_each_other(clip.block, step.block)
    )


def _is_scaled(before: tuple[Act, ...], clip: Act, step: Act) -> bool:
    """Whether a step uses gradients that a scaled backward left and nobody unscaled before the clip."""
    scaler = stepping_scaler(step)
    if scaler is None:
        return False
    for act in reversed(before):
        if exclude_each_other(act.block, clip.block):
            continue
        if _unscales(act, step):
            return False
        found = loss_scaler(act)
        if found is not None:
            return identity(found) == identity(scaler) and not _is_off(step.call.scope, scaler)
    return False


def _unscales(act: Act, step: Act) -> bool:
    """Whether a call divides an optimizer's gradients by the scale, or may do so out of sight."""
    optimizer = stepped_optimizer(step)[1]
    if act.call.method == "unscale_":
        given = act.call.node.args
        same = act.in_body(act.call.scope.value(given[0])) if given else optimizer
        return identity(same) == identity(optimizer) or _is_written_alike(act, step)
    if stepping_scaler(act) is not None:
        return identity(stepped_optimizer(act)[1]) == identity(optimizer)
    return is_hidden_method(act) or (is_unknown(act) and passes(act, optimizer))


def _is_written_alike(one: Act, other: Act) -> bool:
    """Whether two calls are given the same expression: `self.optimizers[name]`."""
    first, second = one.call.node.args[0], other.call.node.args[0]
    return one.call.scope is other.call.scope and ast.dump(first) == ast.dump(second)


def _is_off(scope: Scope, scaler: Value) -> bool:
    """Whether a scaler is made with `enabled=False`."""
    made = origin(scope, scaler)
    return isinstance(made, Result) and made.keyword("enabled") == Const(False)


def _is_told_the_scale(clip: Act) -> bool:
    """Whether the clip, or the function around it, is given the scale: `clip(..., scaler.get_scale())`."""
    return any(
        isinstance(part, Attr) and part.name in ("get_scale", "_scale")
        for call in (*clip.through, clip.call)
        for part in walk(call.value)
    )


def _is_in_helper_with_backward(before: tuple[Act, ...], clip: Act) -> bool:
    """Whether the clip and the scaled backward stand in one function, which is a body of its own."""
    through = clip.through[:1]
    return bool(through) and any(
        loss_scaler(act) is not None and act.through[:1] == through for act in before
    )
