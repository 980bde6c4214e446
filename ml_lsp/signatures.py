"""Edits of a function's parameters."""

from __future__ import annotations

import ast
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
