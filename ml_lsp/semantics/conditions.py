"""What is known to hold where a call runs: the tests of the branches around it, and of early exits before it."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from ml_lsp.semantics.call import Call
from ml_lsp.semantics.flow import Block
from ml_lsp.semantics.scope import Scope

_LEAVING = ast.Return | ast.Continue | ast.Break | ast.Raise


@dataclass(frozen=True, eq=False)
class Condition:
    """A test of a scope that came out true, or false, before something runs."""

    scope: Scope
    test: ast.expr
    holds: bool


def conditions_at(call: Call) -> Iterator[Condition]:
    """The conditions under which a call runs in its own function: `if` around it, `if ...: return` before it."""
    return conditions_of(call.scope, call.block, call.node)


def conditions_of(scope: Scope, block: Block, node: ast.AST) -> Iterator[Condition]:
    """The same for any node of a scope, which stands in a block."""
    for around in block.chain():
        if isinstance(around.node, ast.If | ast.IfExp):
            yield Condition(scope, around.node.test, around.arm == "body")
    yield from _exits_before(scope, block, node)


def _exits_before(scope: Scope, block: Block, node: ast.AST) -> Iterator[Condition]:
    start = scope.tree.span(node).start
    for exit_, around in scope.flow.blocks.items():
        if not isinstance(exit_, ast.If) or exit_.orelse or not isinstance(exit_.body[-1], _LEAVING):
            continue
        if scope.tree.span(exit_).end <= start and block.inside(around):
            yield Condition(scope, exit_.test, False)


def outcomes(block: Block) -> dict[str, bool]:
    """How the tests of the branches around a block came out, by what they ask: `not x` asks for x."""
    return {
        asked: holds
        for around in block.chain()
        if isinstance(around.node, ast.If | ast.IfExp)
        for asked, holds in _asked(around.node.test, around.arm == "body")
    }


def _asked(test: ast.expr, holds: bool) -> Iterator[tuple[str, bool]]:
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            yield from _asked(inner, not holds)
        case ast.BoolOp(op=op, values=values) if isinstance(op, ast.And) is holds:
            for value in values:
                yield from _asked(value, holds)
        case ast.Compare(left=left, ops=[ast.IsNot() | ast.NotEq() as op], comparators=[right]):
            same = ast.Is() if isinstance(op, ast.IsNot) else ast.Eq()
            yield ast.dump(ast.Compare(left, [same], [right])), not holds
        case _:
            yield ast.dump(test), holds
