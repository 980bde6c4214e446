"""Who calls a function: all calls of it that the project shows, if all can be seen."""

from __future__ import annotations

import ast

from ml_lsp.semantics.call import Call
from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.semantics.scope import Scope


def find_callers(scope: Scope) -> list[Call] | None:
    """All calls of a function in its module and in the files of the project that import it.

    None if it is passed on as a value or called in unknown ways.
    """
    if not isinstance(scope.node, ast.FunctionDef | ast.AsyncFunctionDef):
        return None
    project = scope.inquiry.project
    if project is not None and project.files is None:
        return None
    found: list[Call] = []
    for inquiry in (scope.inquiry, *scope.inquiry.importers()):
        calls = _calls_in(inquiry, scope)
        if calls is None:
            return None
        found += calls
    return found


def _calls_in(inquiry: Inquiry, scope: Scope) -> list[Call] | None:
    found: list[Call] = []
    for piece in inquiry.pieces("mentions", scope.name):
        for here in inquiry.piece_scope(piece).with_inner():
            calls = {id(call.node.func): call for call in here.calls}
            for node in mentions(here, scope.name):
                call = calls.get(id(node))
                if call is None:
                    return None
                target = call.target
                if target is scope:
                    found.append(call)
                elif target is None and isinstance(node, ast.Attribute) == scope.is_method:
                    return None
    return found


def mentions(scope: Scope, name: str) -> list[ast.expr]:
    """The expressions of a scope that read a variable or attribute of that name."""
    found: list[ast.expr] = [load.node for load in scope.flow.loads_of.get(name, ())]
    found += [
        node
        for statement in scope.flow.blocks
        for node in _own_nodes(statement)
        if isinstance(node, ast.Attribute) and node.attr == name and isinstance(node.ctx, ast.Load)
    ]
    return list(dict.fromkeys(found))


def _own_nodes(statement: ast.AST) -> list[ast.AST]:
    """The nodes of a statement without those of statements and functions inside it."""
    found: list[ast.AST] = []
    waiting: list[ast.AST] = [statement]
    while waiting:
        node = waiting.pop()
        found.append(node)
        waiting += [
            child
            for child in ast.iter_child_nodes(node)
            if not isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case)
        ]
    return found
