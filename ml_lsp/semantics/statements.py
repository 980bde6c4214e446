"""Statements as they are written: what is tested for truth, what stands alone and drops its value."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.semantics.mentioning import scopes_mentioning
from ml_lsp.semantics.scope import Scope
from ml_lsp.text import Source

_RULE_NAME = re.compile(r"\b[a-z0-9-]+/[a-z0-9-]+\b")


def nodes(scope: Scope) -> tuple[ast.AST, ...]:
    """The nodes of a scope, statement by statement, without those of functions inside it."""
    return scope.flow.nodes


def truth_tests(scope: Scope) -> Iterator[ast.expr]:
    """The expressions of which only the truth counts: conditions, operands of `not`, `and`, `or`."""
    for node in nodes(scope):
        match node:
            case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test) | ast.Assert(test=test):
                yield from _operands(test)
            case ast.comprehension(ifs=conditions):
                for condition in conditions:
                    yield from _operands(condition)
            case ast.UnaryOp(op=ast.Not(), operand=operand):
                yield from _operands(operand)
            case ast.BoolOp(values=values):
                yield from (value for value in values[:-1] if not isinstance(value, ast.BoolOp | ast.UnaryOp))


def _operands(test: ast.expr) -> Iterator[ast.expr]:
    """What a condition tests itself; operands of `and`, `or`, `not` are tested wherever they stand."""
    if isinstance(test, ast.BoolOp):
        yield from _operands(test.values[-1])
    elif not isinstance(test, ast.UnaryOp):
        yield test


def lone_expressions(scope: Scope) -> Iterator[ast.Expr]:
    """The statements that are an expression, without those that a notebook may display."""
    if scope.is_module_level and scope.inquiry.module.path.suffix == ".ipynb":
        return
    for statement in scope.flow.blocks:
        if isinstance(statement, ast.Expr):
            yield statement


def is_read(inquiry: Inquiry, attribute: str) -> bool:
    """Whether any code of the module reads an attribute of that name."""
    return any(
        isinstance(node, ast.Attribute) and node.attr == attribute and isinstance(node.ctx, ast.Load)
        for scope in scopes_mentioning(inquiry, attribute)
        for node in nodes(scope)
    )


def comment_near(scope: Scope, node: ast.AST) -> str:
    """The comments on the lines of a node and on the line above it; names of rules are left out."""
    source = Source(scope.tree.text)
    start, end = scope.tree.span(node)
    lines = range(max(0, source.line_of(start) - 1), source.line_of(end) + 1)
    comments = " ".join(source.line_text(line).partition("#")[2] for line in lines)
    return _RULE_NAME.sub("", comments).strip()
