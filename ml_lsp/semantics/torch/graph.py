"""Autograd's graph: through which operations it passes, and where values that carry it go."""

from __future__ import annotations

import ast
from collections.abc import Collection, Hashable, Iterator

from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.values import (
    Attr,
    Const,
    Item,
    Op,
    Ref,
    Result,
    Value,
    identity,
    parts,
    walk,
)

# Methods of a tensor whose result has no graph.
_LEAVING = frozenset({
    "item", "tolist", "numpy", "detach", "detach_", "argmax", "argmin", "argsort", "eq", "ne", "lt",
    "gt", "le", "ge", "equal", "size", "dim", "numel", "nelement", "nonzero", "long", "int", "bool",
    "byte", "short", "isnan", "isinf", "isfinite", "any", "all", "new_zeros", "new_ones", "new_full",
    "count_nonzero", "bincount",
})  # fmt: skip
_LEAVING_ATTRIBUTES = frozenset({
    "data", "shape", "dtype", "device", "ndim", "is_cuda", "requires_grad", "grad_fn", "is_leaf", "grad",
    "indices",
})  # fmt: skip
_LEAVING_BUILTINS = frozenset({
    "builtins.float", "builtins.int", "builtins.bool", "builtins.str", "builtins.len", "builtins.print",
    "builtins.range", "builtins.isinstance", "builtins.type", "builtins.round", "builtins.repr",
})  # fmt: skip
_LEAVING_TORCH = frozenset({
    "torch.argmax", "torch.argmin", "torch.argsort", "torch.eq", "torch.ne", "torch.lt", "torch.gt",
    "torch.le", "torch.ge", "torch.equal", "torch.tensor", "torch.zeros_like", "torch.ones_like",
    "torch.rand_like", "torch.randn_like", "torch.empty_like", "torch.full_like", "torch.isnan",
    "torch.isinf", "torch.isfinite", "torch.count_nonzero", "torch.nonzero", "torch.save",
    "torch.bincount", "torch.multinomial",
})  # fmt: skip
_LEAVING_LIBRARIES = ("numpy.", "sklearn.", "pandas.", "scipy.", "math.", "matplotlib.", "cv2.", "json.")
# Operations that give values and indices: the indices have no graph.
_WITH_INDICES = frozenset({"max", "min", "topk", "sort", "median", "mode", "kthvalue", "cummax", "cummin"})
_ADDING = frozenset({"append", "extend", "add", "insert"})
_COMPARISONS = frozenset(
    {"==", "!=", "<", "<=", ">", ">=", "is", "is not", "in", "not in", "not", "f-string"}
)


def inputs(value: Value) -> Iterator[Value]:
    """The values that a value is made of by operations a graph may pass through."""
    match value:
        case Op(symbol) if symbol in _COMPARISONS:
            return
        case Attr(name=name) if name in _LEAVING_ATTRIBUTES:
            return
        case Item(Result(callee), Const(1)) if _last_name(callee) in _WITH_INDICES:
            return
        case Item(owner, _):
            yield owner
        case Result(callee) if leaves(callee):
            return
        case Result(callee, args, keywords):
            yield from (callee, *args, *(item for _, item in keywords))
        case _:
            yield from parts(value)


def _last_name(callee: Value) -> str:
    match callee:
        case Attr(name=name):
            return name
        case Ref(name):
            return name.rpartition(".")[2]
    return ""


def leaves(callee: Value) -> bool:
    """Whether what is called gives something without a graph: `x.item()`, `float(x)`, `torch.argmax(x)`."""
    match callee:
        case Attr(name=name):
            return name in _LEAVING
        case Ref(name):
            known = name in _LEAVING_BUILTINS or name in _LEAVING_TORCH
            return known or name.startswith(_LEAVING_LIBRARIES)
    return False


def upstream(value: Value) -> Iterator[Value]:
    """A value and all that its graph may reach back to, each once."""
    return walk(value, inputs)


def may_carry(value: Value, sources: Collection[ast.AST], holders: Collection[Hashable] = ()) -> bool:
    """Whether a value may carry the graph of the calls `sources`, or of what `holders` hold."""
    return any(
        (part.site is not None and part.site.node in sources) or (bool(holders) and identity(part) in holders)
        for part in upstream(value)
    )


def escapes(scope: Scope, sources: Collection[ast.AST]) -> bool:
    """Whether the graph of the calls `sources` may leave a function: returned, yielded, kept in an object."""
    holders = {identity(holder) for holder, value in stored(scope) if may_carry(value, sources)}
    if any(key[0] == "attr" for key in holders if isinstance(key, tuple)):
        return True
    leaving = [event.node for event in scope.flow.events if event.kind in ("return", "yield")]
    given = [node.value for node in leaving if isinstance(node, ast.Return | ast.Yield | ast.YieldFrom)]
    return any(may_carry(scope.value(node), sources, holders) for node in given if node is not None)


def stored(scope: Scope) -> Iterator[tuple[Value, Value]]:
    """What a scope puts into containers and attributes: the holder and the value."""
    for event in scope.flow.events:
        match event.node:
            case ast.Call(func=ast.Attribute(value=holder, attr=method), args=[*_, given]):
                if method in _ADDING:
                    yield scope.value(holder), scope.value(given)
            case ast.AugAssign(target=grown, value=given):
                yield scope.value(grown), scope.value(given)
    for statement in scope.flow.blocks:
        if isinstance(statement, ast.Assign):
            for target in statement.targets:
                if isinstance(target, ast.Subscript):
                    yield scope.value(target.value), scope.value(statement.value)
                elif isinstance(target, ast.Attribute):
                    yield scope.value(target), scope.value(statement.value)
