"""Edits of a function's parameters."""

from __future__ import annotations

import ast
import tokenize
from collections.abc import Sequence

from ml_lsp.semantics.scope import Scope
from ml_lsp.text import Edit, Span


def change_parameters(function: Scope, kept: int, new: Sequence[str]) -> tuple[Edit, ...] | None:
    """Keep the first parameters of a function and put `new` ones in the place of the others.

    None if that cannot be done: others are read, there are fewer than `kept`, or they are not all plain.
    """
    node = function.node
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return None
    given = node.args
    if given.posonlyargs or given.kwonlyargs or given.vararg or given.kwarg or given.defaults:
        return None
    others = given.args[kept:]
    if len(given.args) < kept or any(_is_read(function, other.arg) for other in others):
        return None
    if [other.arg for other in others] == list(new):
        return ()
    start = function.span(given.args[kept - 1]).end
    end = function.span(others[-1]).end if others else start
    return (Edit(Span(start, end), "".join(f", {name}" for name in new)),)


def _is_read(function: Scope, name: str) -> bool:
    return any(name in scope.flow.loads_of for scope in function.with_inner())


def signature(function: Scope) -> str | None:
    """The parameters of a function as written, in their brackets, with what it says of its result."""
    node = function.node
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or function.parent is None:
        return None
    parent, text = function.parent, function.tree.text
    start = parent.name_span(node).end - function.offset
    depth, end = 0, start
    lines = iter(text[start:].splitlines(keepends=True))
    starts = [start]
    for line in text[start:].splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for token in tokenize.generate_tokens(lambda: next(lines, "")):
        depth += (token.string in "([{") - (token.string in ")]}") if token.type == tokenize.OP else 0
        if token.string == ":" and depth == 0:
            end = starts[token.start[0] - 1] + token.start[1]
            break
    return text[start:end] if end > start else None
