"""Verbs that move statements: whole lines, with the comment on them, within one file."""

from __future__ import annotations

import ast

from ml_lsp.semantics.scope import Scope
from ml_lsp.text import Edit, Source, Span


def move_before(scope: Scope, statement: ast.stmt, other: ast.stmt) -> tuple[Edit, ...]:
    """Move a statement with its line and the comment on it to before another; nothing if lines are shared."""
    source = Source(scope.inquiry.module.split.text)
    moved, place = whole_lines(scope, source, statement), whole_lines(scope, source, other)
    if moved is None or place is None:
        return ()
    return (Edit(Span(place.start, place.start), source.text[moved.start : moved.end]), Edit(moved, ""))


def move_behind(scope: Scope, statement: ast.stmt, other: ast.stmt) -> tuple[Edit, ...]:
    """Move a statement with its line and the comment on it to behind another; nothing if lines are shared."""
    source = Source(scope.inquiry.module.split.text)
    moved, place = whole_lines(scope, source, statement), whole_lines(scope, source, other)
    if moved is None or place is None:
        return ()
    text = source.text[moved.start : moved.end]
    return (Edit(Span(place.end, place.end), text), Edit(moved, ""))


def whole_lines(scope: Scope, source: Source, statement: ast.stmt) -> Span | None:
    """The lines of a statement, their ends included; None if it shares them with another statement."""
    span = scope.span(statement)
    lines = Span(
        source.line_span(source.line_of(span.start)).start, source.line_span(source.line_of(span.end)).end
    )
    behind = source.text[span.end : lines.end].strip()
    alone = not source.text[lines.start : span.start].strip() and (not behind or behind.startswith("#"))
    return lines if alone and source.text[lines.start : lines.end].endswith(("\n", "\r")) else None
