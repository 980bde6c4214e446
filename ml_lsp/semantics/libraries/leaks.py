"""What has been learnt from all data before they are split."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from ml_lsp.semantics.body import Body
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.libraries.transformers import Fit
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
    walk,
)

_CENTRES = frozenset({"mean", "min", "median"})
_SPREADS = frozenset({"std", "max", "min", "var", "ptp"})
_FILLINGS = frozenset({"mean", "median", "mode"})


@dataclass(frozen=True, eq=False)
class Learnt:
    """A place that learns from all data: a fit, or a statistic worked out by hand."""

    scope: Scope
    node: ast.AST
    name: str
    fit: Fit | None = None

    @property
    def when(self) -> tuple[int, int]:
        """When it happens."""
        if self.fit is not None:
            return self.fit.call.when
        statement = self.scope.statement_of(self.node)
        return self.scope.piece, self.scope.flow.order_of[statement] if statement is not None else -1


def splits(body: Body, splitters: Collection[str]) -> Iterator[Call]:
    """The calls of a body that split data."""
    yield from (call for call in body.calls if call.name in splitters)


def features(split: Call) -> list[ast.expr]:
    """What a splitter is given but for the target, which is the last of several."""
    given = [arg for arg in split.node.args if not isinstance(arg, ast.Starred)]
    return given[:-1] if len(given) > 1 else given


def learnt_before(split: Call, body: Body, found: Collection[Fit]) -> list[Learnt]:
    """What has learnt from the data that a call splits, in order."""
    data = [split.scope.value(node) for node in features(split)]
    values = [part for value in data for part in walk(value)]
    whole = {identity(part) for part in values}
    sites = {part.site.node for part in values if part.site is not None}
    learnt = [
        Learnt(fit.call.scope, fit.call.node, fit.short_name, fit)
        for fit in found
        if fit.call.node in sites or identity(fit.made) in whole or _is_stored_in(fit.call, whole)
    ]
    statistics = [part for part in values if is_statistic(part)]
    statistics += [value for value in _stored_values(body, whole) if is_statistic(value)]
    learnt += [Learnt(v.site.scope, v.site.node, "This statistic") for v in statistics if v.site is not None]
    unique = {one.node: one for one in learnt if one.when < split.when}
    return sorted(unique.values(), key=lambda one: one.when)


def _is_stored_in(call: Call, whole: Collection[object]) -> bool:
    """Whether a result goes into columns of some data: `df[columns] = scaler.fit_transform(df[columns])`."""
    statement = call.scope.statement_of(call.node)
    if not isinstance(statement, ast.Assign) or statement.value is not call.node:
        return False
    return any(_is_column_of(call.scope, target, whole) for target in statement.targets)


def _is_column_of(scope: Scope, target: ast.expr, whole: Collection[object]) -> bool:
    owner = target.value if isinstance(target, ast.Subscript) else None
    if isinstance(owner, ast.Attribute) and owner.attr in ("loc", "iloc"):
        owner = owner.value
    return owner is not None and identity(scope.value(owner)) in whole


def _stored_values(body: Body, whole: Collection[object]) -> Iterator[Value]:
    """What statements of a body store in columns of some data."""
    for scope in body.scopes:
        for statement in scope.flow.blocks:
            if not isinstance(statement, ast.Assign) or not isinstance(statement.value, ast.BinOp | ast.Call):
                continue
            if any(_is_column_of(scope, target, whole) for target in statement.targets):
                yield scope.value(statement.value)


def is_statistic(value: Value) -> bool:
    """Whether a value is data scaled or filled by a statistic of all their rows, worked out by hand."""
    match value:
        case Op("/", (Op("-", (data, centre)), spread)):
            parts = walk(spread)
            return _is_of(centre, data, _CENTRES) and any(_is_of(part, data, _SPREADS) for part in parts)
        case Result(Attr(data, "fillna"), (filling, *_)):
            return any(_is_of(part, data, _FILLINGS) for part in walk(filling))
    return False


def _is_of(value: Value, data: Value, names: Collection[str]) -> bool:
    """Whether a value is one of these statistics of some data, over all rows."""
    match value:
        case Result(Attr(owner, name), ()):
            return name in names and _is_over_rows(value) and identity(owner) == identity(data)
        case Result(Attr(owner, name), (Const(0),)):
            return name in names and identity(owner) == identity(data)
        case Result(Ref(dotted), (owner, *rest)) if dotted.startswith("numpy."):
            over_rows = not rest or rest == [Const(0)]
            named = dotted.rpartition(".")[2] in names
            return named and over_rows and _is_over_rows(value) and identity(owner) == identity(data)
        case Item(inner, _):
            return _is_of(inner, data, names)
    return False


def _is_over_rows(value: Result) -> bool:
    return value.keyword("axis") in (None, Const(0), Const("index"))
