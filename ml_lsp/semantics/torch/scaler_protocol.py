"""What belongs to a gradient scaler: scale, step, update, once in each iteration."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from ml_lsp.semantics.body import Body, is_loop
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.semantics.mentioning import calls_mentioning
from ml_lsp.semantics.reach import Act
from ml_lsp.semantics.torch.objects import is_managed, is_scaler
from ml_lsp.semantics.torch.parameters import origin
from ml_lsp.semantics.torch.training import (
    acts_of,
    exclude_each_other,
    is_backward,
    is_hidden_method,
    is_step,
    is_unknown,
    loss_scaler,
    passes,
    stepped_optimizer,
    stepping_scaler,
)
from ml_lsp.semantics.types import class_of, is_a
from ml_lsp.semantics.values import Attr, Const, Param, Ref, Result, Star, Value, identity

_SCALER = "torch.amp.GradScaler"
# Optimizers that divide a gradient by the size of earlier ones.
_DIVIDING = re.compile(r"\.(?:\w*Adam\w*|RMSprop|Adagrad|Adadelta)\Z")


@dataclass(frozen=True, eq=False)
class Breach:
    """A call that breaks the protocol of a scaler; `kind` says how.

    `plain step`: the optimizer steps with scaled gradients. `no update`: the scale never changes.
    `not scaled`: the scaler steps, but no loss was scaled. `twice`: gradients are unscaled again.
    `dropped`: a scaled loss is not used.
    """

    kind: str
    call: Call
    scaler: ast.expr


def breaches(body: Body) -> Iterator[Breach]:
    """The breaches of a body, one of each kind at most."""
    if is_managed(body.scope):
        return
    row = acts_of(body)
    if any(map(is_hidden_method, row)):
        return
    finders = (_plain_steps, _steps_without_update, _steps_without_scale, _unscaled_twice)
    for finder in finders:
        found = next(finder(row), None)
        if found is not None:
            yield found
    yield from _dropped(row)


def _plain_steps(row: tuple[Act, ...]) -> Iterator[Breach]:
    if any(stepping_scaler(act) is not None for act in row):
        return
    for at, act in enumerate(row):
        if not is_step(act) or act.through or act.call.node.args:
            continue
        backward = next((one for one in reversed(row[:at]) if _counts(one, act)), None)
        scaler = loss_scaler(backward) if backward is not None else None
        if backward is None or scaler is None or backward.through or not _is_on(act, scaler):
            continue
        if not any(_may_unscale(one, scaler) for one in row) and not _divides_out(act, scaler):
            yield Breach("plain step", act.call, _written(backward))


def _counts(backward: Act, step: Act) -> bool:
    return is_backward(backward) and not exclude_each_other(backward.block, step.block)


def _may_unscale(act: Act, scaler: Value) -> bool:
    return act.call.method == "unscale_" or (is_unknown(act) and passes(act, scaler))


def _divides_out(step: Act, scaler: Value) -> bool:
    """Whether the scale is fixed by hand, and the optimizer divides gradients by their own size: a habit of NeRFs."""
    scope = step.call.scope
    made, found = origin(scope, scaler), class_of(scope, origin(scope, stepped_optimizer(step)[1]))
    if not isinstance(made, Result) or not isinstance(found, Ref):
        return False
    given = (made.keyword("init_scale"), *made.args)
    fixed = any(one is not None and not isinstance(one, Const | Star) for one in given) or any(
        isinstance(one, Const) and not isinstance(one.value, str) for one in given
    )
    return fixed and _DIVIDING.search(found.name) is not None


def _written(backward: Act) -> ast.expr:
    """The scaler as `scaler.scale(loss).backward()` writes it."""
    match backward.call.node.func:
        case ast.Attribute(value=ast.Call(func=ast.Attribute(value=scaler))):
            return scaler
    return backward.call.node.func


def _steps_without_update(row: tuple[Act, ...]) -> Iterator[Breach]:
    for act in row:
        scaler = stepping_scaler(act)
        if scaler is None or act.through or not _is_on(act, scaler) or not _is_seen_whole(act, scaler, row):
            continue
        again = any(is_loop(block.node) for block in act.block.chain()) or act.call.scope.is_method
        if again and not _is_called(act.call.scope.inquiry, "update"):
            yield Breach("no update", act.call, _owner(act))


def _steps_without_scale(row: tuple[Act, ...]) -> Iterator[Breach]:
    plain = [act for act in row if is_backward(act) and loss_scaler(act) is None]
    for act in row:
        scaler = stepping_scaler(act)
        if scaler is None or act.through or not plain or not _is_on(act, scaler):
            continue
        if _is_seen_whole(act, scaler, row) and not _is_called(act.call.scope.inquiry, "scale"):
            yield Breach("not scaled", act.call, _owner(act))


def _unscaled_twice(row: tuple[Act, ...]) -> Iterator[Breach]:
    unscaled: list[Act] = []
    for act in row:
        if act.call.method in ("update", "step") and is_scaler(act.call.scope, _owner(act)):
            unscaled.clear()
        if act.call.method != "unscale_" or act.through or not act.call.node.args:
            continue
        same = [one for one in unscaled if act.block.inside(one.block) and _optimizer(one) == _optimizer(act)]
        if same and is_scaler(act.call.scope, _owner(act)):
            yield Breach("twice", act.call, _owner(act))
        unscaled.append(act)


def _dropped(row: tuple[Act, ...]) -> Iterator[Breach]:
    for act in row:
        statement = act.call.scope.statement_of(act.call.node) if act.call.method == "scale" else None
        lone = isinstance(statement, ast.Expr) and statement.value is act.call.node and not act.through
        if lone and act.receiver is not None and is_a(act.call.scope, act.receiver, _SCALER):
            yield Breach("dropped", act.call, _owner(act))


def _optimizer(act: Act) -> object:
    return identity(act.in_body(act.call.scope.value(act.call.node.args[0])))


def _owner(act: Act) -> ast.expr:
    func = act.call.node.func
    return func.value if isinstance(func, ast.Attribute) else func


def _is_on(act: Act, scaler: Value) -> bool:
    """Whether a scaler is certainly one of torch's, and not made with `enabled=False` or a flag."""
    scope = act.call.scope
    made = origin(scope, scaler)
    if not is_a(scope, scaler, _SCALER) or not isinstance(made, Result):
        return False
    return made.keyword("enabled") in (None, Const(True))


def _is_seen_whole(act: Act, scaler: Value, row: tuple[Act, ...]) -> bool:
    """Whether all that is done with a scaler stands in this module."""
    inner = scaler.owner if isinstance(scaler, Attr) else scaler
    handed_on = any(is_unknown(one) and passes(one, scaler) for one in row)
    return not handed_on and (isinstance(scaler, Attr) or not isinstance(inner, Param))


def _is_called(inquiry: Inquiry, method: str) -> bool:
    """Whether the module, or one that imports it, calls such a method on something like a scaler."""
    return any(
        call.method == method and isinstance(call.node.func, ast.Attribute)
        for place in (inquiry, *inquiry.importers())
        for call in calls_mentioning(place, method)
        if isinstance(call.node.func, ast.Attribute) and is_scaler(call.scope, call.node.func.value)
    )


def optimizer_of(breach: Breach) -> str:
    """The optimizer as the offending step writes it."""
    call = breach.call
    node = stepped_optimizer(Act(call))[0]
    return call.scope.text(node)
