"""What becomes of a call's result, and whether an object is used again later."""

from __future__ import annotations

import ast

from ml_lsp.semantics.call import Call
from ml_lsp.semantics.mentioning import scopes_reading


def is_thrown_away(call: Call) -> bool:
    """Whether a call is a statement by itself, so that its result is lost."""
    statement = call.scope.statement_of(call.node)
    return isinstance(statement, ast.Expr) and statement.value is call.node


def is_kept_unread(call: Call) -> bool:
    """Whether a call's result gets a plain name that is never read, in this scope or by functions inside."""
    scope, statement = call.scope, call.scope.statement_of(call.node)
    match statement:
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if value is call.node:
            loads = [
                load for reader in scopes_reading(scope, name) for load in reader.flow.loads_of.get(name, ())
            ]
            return not any(
                not load.definitions or any(d.node is statement for d in load.definitions) for load in loads
            )
    return False


def is_used_later(call: Call, name: str) -> bool:
    """Whether a variable is read after a call, by what runs after it or again in a loop around it."""
    loops = [
        block for block in call.block.chain() if isinstance(block.node, ast.For | ast.AsyncFor | ast.While)
    ]
    for scope in call.scope.together():
        for load in scope.flow.loads_of.get(name, ()):
            own = call.scope.tree.span(call.node)
            inside = scope is call.scope and own.start <= scope.tree.span(load.node).start < own.end
            if not inside and (
                (scope.piece, load.order) > call.when or any(load.block.inside(loop) for loop in loops)
            ):
                return True
    return False
