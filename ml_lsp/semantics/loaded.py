"""What is done with an object after a call made it, in its function, its class or the module."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.semantics.call import Call
from ml_lsp.semantics.instances import constructions
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.torch import unwrapped
from ml_lsp.semantics.values import Item, Value, options


def uses(made: Call) -> Iterator[Call]:
    """The calls of what a call made, and of its methods: `net(x)`, `net.eval()`, `made["net"].eval()`."""
    for scope in _around(made):
        for call in scope.calls:
            of = call.receiver if call.receiver is not None else call.callee
            for value in {id(v): v for v in (of, call.callee)}.values():
                if any(_is(scope, option, made) for option in options(value)):
                    yield call
                    break


def _is(scope: Scope, value: Value, made: Call) -> bool:
    """Whether a value is the object that a call made, or a part of it."""
    value = unwrapped(value)
    while isinstance(value, Item):
        value = unwrapped(value.owner)
    found = constructions(scope, value)
    return any(one.site is not None and one.site.node is made.node for one in found)


def _around(made: Call) -> Iterator[Scope]:
    """Where the object can be named: the function, its class for an attribute, the module for a global."""
    scope = made.scope
    statement = scope.statement_of(made.node)
    target = statement.targets[0] if isinstance(statement, ast.Assign) else None
    if isinstance(target, ast.Attribute) and scope.owner is not None:
        for method in scope.owner.methods.values():
            yield from method.with_inner()
    elif isinstance(target, ast.Name) and scope.is_module_level:
        for piece in scope.inquiry.pieces("mentions", target.id):
            yield from scope.inquiry.piece_scope(piece).with_inner()
    else:
        yield from scope.with_inner() if scope.is_function else (scope,)
