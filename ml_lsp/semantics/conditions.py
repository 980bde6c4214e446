"""What is known to hold where a call runs: the tests of the branches around it, and of early exits before it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from ml_lsp.semantics.call import Call
from ml_lsp.semantics.scope import Scope

_LEAVING = ast.Return | ast.Continue | ast.Break


@dataclass(frozen=True, eq=False)
class Condition:
    """A test of a scope that came out true, or false, before something runs."""

    scope: Scope
    test: ast.expr
    holds: bool


def conditions_at(call: Call) -> Iterator[Condition]:
    """The conditions under which a call runs in its own function: `if` around it, `if ...: return` before it."""
    for block in call.block.chain():
        if isinstance(block.node, ast.If | ast.IfExp):
            yield Condition(call.scope, block.node.test, block.arm == "body")
    yield from _exits_before(call)


def _exits_before(call: Call) -> Iterator[Condition]:
    scope = call.scope
    start = scope.tree.span(call.node).start
    for node, block in scope.flow.blocks.items():
        if not isinstance(node, ast.If) or node.orelse or not isinstance(node.body[-1], _LEAVING):
            continue
        if scope.tree.span(node).end <= start and call.block.inside(block):
            yield Condition(scope, node.test, False)
