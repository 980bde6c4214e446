"""Edits that fit a transformer behind the split instead of before it."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from ml_lsp.fixes import delete_statement
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.libraries.transformers import Fit
from ml_lsp.semantics.mentioning import scopes_reading
from ml_lsp.text import Edit, Source, Span


@dataclass(frozen=True, eq=False)
class _Pair:
    """`scaled = scaler.fit_transform(data)` and, right behind it, `train, test, ... = split(scaled, ...)`."""

    fit: Fit
    split: Call
    fitted: ast.Assign
    parted: ast.Assign
    scaled: ast.Name
    train: ast.Name
    test: ast.Name


def fitted_after(fit: Fit, split: Call) -> tuple[Edit, ...]:
    """Split the plain data, then `fit_transform` the training part and `transform` the other.

    Only where the two calls are neighbouring statements and nothing else reads the transformed data.
    """
    pair = _pair(fit, split)
    if pair is None or not _are_neighbours(pair) or not _is_read_by_split_alone(pair):
        return ()
    inner, outer, source = fit.call.scope, split.scope, Source(fit.call.scope.inquiry.module.split.text)
    moved, place = _lines(source, inner.span(pair.fitted)), _lines(source, outer.span(pair.parted))
    func = fit.call.node.func
    if moved is None or place is None or not isinstance(func, ast.Attribute):
        return ()
    text, at = source.text[moved.start : moved.end], moved.start
    for node in (fit.data, pair.scaled):  # from the end, so that the places before stay right
        span = inner.span(node)
        text = text[: span.start - at] + pair.train.id + text[span.end - at :]
    indent = text[: len(text) - len(text.lstrip())]
    second = f"{indent}{pair.test.id} = {inner.text(func.value)}.transform({pair.test.id}){source.newline}"
    renamed = Edit(outer.span(split.node.args[0]), inner.text(fit.data))
    return (delete_statement(inner, pair.fitted), renamed, Edit(Span(place.end, place.end), text + second))


def _pair(fit: Fit, split: Call) -> _Pair | None:
    fitted = fit.call.scope.statement_of(fit.call.node)
    parted = split.scope.statement_of(split.node)
    match fitted, parted, split.node.args:
        case (
            ast.Assign(targets=[ast.Name() as scaled], value=made),
            ast.Assign(targets=[ast.Tuple(elts=[ast.Name() as train, ast.Name() as test, *_])], value=parts),
            [ast.Name(id=name), *_],
        ) if made is fit.call.node and parts is split.node and name == scaled.id:
            func = fit.call.node.func
            named = isinstance(func, ast.Attribute) and isinstance(func.value, ast.Name)
            if named and fit.call.method == "fit_transform" and len(fit.call.node.args) == 1:
                return _Pair(fit, split, fitted, parted, scaled, train, test)
    return None


def _are_neighbours(pair: _Pair) -> bool:
    inner, outer = pair.fit.call.scope, pair.split.scope
    if inner is not outer:
        return inner.is_module_level and outer.is_module_level and outer.piece == inner.piece + 1
    block = inner.block_of(pair.fitted)
    inside = [node for node in inner.flow.blocks if inner.block_of(node) is block]
    return outer.block_of(pair.parted) is block and inside.index(pair.parted) == inside.index(pair.fitted) + 1


def _is_read_by_split_alone(pair: _Pair) -> bool:
    """Whether the transformed data are read once, by the split; at module level, in the whole module."""
    scope, name = pair.split.scope, pair.scaled.id
    start = pair.fit.call.when
    loads = [
        load
        for reader in scopes_reading(scope, name)
        for load in reader.flow.loads_of.get(name, ())
        if (reader.piece, load.order) > start
    ]
    return len(loads) == 1


def _lines(source: Source, span: Span) -> Span | None:
    """The lines of a statement; None if it is not alone on them or its last line does not end."""
    start = source.line_span(source.line_of(span.start)).start
    end = source.line_span(source.line_of(span.end)).end
    behind = source.text[span.end : end].strip()
    alone = not source.text[start : span.start].strip() and (not behind or behind.startswith("#"))
    return Span(start, end) if alone and source.text[start:end].endswith(("\n", "\r")) else None
