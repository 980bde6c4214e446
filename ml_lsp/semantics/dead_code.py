"""Code that never runs, as it is written: behind a `return`, in `if False:`. What it would do is no mistake."""

from __future__ import annotations

import ast
from bisect import bisect_right
from collections.abc import Iterator
from typing import cast

from ml_lsp.syntax.segments import Segment, Split
from ml_lsp.syntax.trees import Tree, tree
from ml_lsp.text import Span

_SUITES = ("body", "orelse", "finalbody")


def never_runs(split: Split, offset: int) -> bool:
    """Whether the code at an offset of a text is certainly never run."""
    piece = max(0, bisect_right(split.starts, offset) - 1)
    within = offset - split.starts[piece]
    return any(span.start <= within < span.end for span in _dead_spans(split.segments[piece]))


def _dead_spans(piece: Segment) -> tuple[Span, ...]:
    """The statements of a piece that never run; remembered with it. None of one that nests too deep."""
    memory = piece.memory
    if _dead_spans not in memory:
        found = tree(piece)
        try:
            memory[_dead_spans] = tuple(_dead_in(found)) if found is not None else ()
        except RecursionError:  # an `elif` is one level
            memory[_dead_spans] = ()
    return cast(tuple[Span, ...], memory[_dead_spans])


def _dead_in(found: Tree) -> Iterator[Span]:
    nodes = (node for statement in found.body for node in ast.walk(statement))
    for node in nodes:
        for name in _SUITES:
            suite = getattr(node, name, None)
            if isinstance(suite, list):
                yield from (found.span(statement) for statement in _dead_of(node, name, suite))


def _dead_of(node: ast.AST, name: str, suite: list[ast.stmt]) -> list[ast.stmt]:
    """The statements of a suite that never run: all where the test says so, else those behind one that leaves."""
    if isinstance(node, ast.If | ast.While) and name in ("body", "orelse"):
        known = _outcome(node.test)
        never = known is not None and known != (name == "body")
        if never and not (isinstance(node, ast.While) and name == "orelse"):
            return suite
    leaving = next((i for i, statement in enumerate(suite) if _leaves(statement)), len(suite))
    return suite[leaving + 1 :]


def _leaves(statement: ast.stmt) -> bool:
    match statement:
        case ast.Return() | ast.Raise() | ast.Continue() | ast.Break():
            return True
        case ast.Assert(test=test):
            return _outcome(test) is False
        case ast.If(body=body, orelse=[_, *_] as orelse):
            return any(map(_leaves, body)) and any(map(_leaves, orelse))
    return False


def _outcome(test: ast.expr) -> bool | None:
    """How a test that is written out always ends; None where that depends."""
    match test:
        case ast.Constant(value=value):
            return bool(value)
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            known = _outcome(operand)
            return None if known is None else not known
        case ast.BoolOp(op=ast.And(), values=values):
            known_parts = [_outcome(value) for value in values]
            return False if False in known_parts else None
    return None
