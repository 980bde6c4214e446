"""Models wrapped in DistributedDataParallel, and calls that go past the wrapper."""

from __future__ import annotations

import ast
from collections.abc import Hashable, Iterable
from dataclasses import dataclass

from ml_lsp.finding import Related
from ml_lsp.semantics.body import Loop
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.types import own_class_of
from ml_lsp.semantics.values import Attr, Ref, Result, Value, identity

DDP = frozenset({"torch.nn.parallel.DistributedDataParallel", "apex.parallel.DistributedDataParallel"})
_MOVES = ("to", "cuda", "train")


def ddp_model(value: Value) -> Value | None:
    """The model that a value wraps in DistributedDataParallel; None if it is no such wrapper."""
    match value:
        case Result(Ref(name)) if name in DDP:
            return value.argument(0, "module")
        case Result(Attr(owner, name)) if name in _MOVES:
            return ddp_model(owner)
    return None


@dataclass(frozen=True, eq=False)
class Wrapping:
    """A call that wraps a model in DistributedDataParallel, under the name it is given: `model = DDP(net)`."""

    name: str
    model: Hashable
    related: tuple[Related, ...]


def wrappings(loop: Loop) -> list[Wrapping]:
    """The wrappers that certainly exist when a loop of the same code begins."""
    start = loop.scope.tree.span(loop.node).start
    around = loop.scope.block_of(loop.node)
    found: list[Wrapping] = []
    for call in loop.scope.calls:
        model = ddp_model(call.value) if call.name in DDP else None
        before = call.scope.tree.span(call.node).end <= start and around is not None
        statement = call.scope.statement_of(call.node) if model is not None and before else None
        if model is None or around is None or not around.inside(call.block):
            continue
        match statement:
            case ast.Assign(targets=[ast.Name() | ast.Attribute() as target]):
                related = (call.scope.related(call.node, "wrapped here"),)
                found.append(Wrapping(call.scope.text(target), identity(_moved(model)), related))
    return found


def inner_call(call: Call, wrapped: Iterable[Wrapping]) -> Wrapping | None:
    """The wrapper that a call goes past: by `ddp.module(x)`, or by the model that was wrapped."""
    if call.name is not None:
        return None
    callee = call.callee
    if isinstance(callee, Attr) and callee.name == "forward":
        callee = callee.owner
    if isinstance(callee, Attr) and callee.name == "module":
        made = wrappers_of(call.scope, callee.owner)
        return Wrapping("", None, made) if made else None
    return next((found for found in wrapped if found.model == identity(_moved(callee))), None)


def wrappers_of(scope: Scope, value: Value) -> tuple[Related, ...]:
    """The places where a value was wrapped in DistributedDataParallel; none unless it certainly was."""
    values: tuple[Value, ...] = (value,)
    if isinstance(value, Attr):
        own = own_class_of(scope, value.owner)
        values = own.attribute_values(value.name) if own is not None else ()
    if not values or any(ddp_model(one) is None or one.site is None for one in values):
        return ()
    return tuple(
        one.site.scope.related(one.site.node, "wrapped here") for one in values if one.site is not None
    )


def _moved(value: Value) -> Value:
    """A module below `.to(...)`, `.cuda()` and `.train()`, which return it."""
    while isinstance(value, Result) and isinstance(value.callee, Attr) and value.callee.name in _MOVES:
        value = value.callee.owner
    return value
