"""See rules/loguru/context-discarded.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.expected_errors import expects_an_error
from ml_lsp.semantics.libraries.loguru import is_logger


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report a logger with other settings that nobody takes."""
    statement = call.scope.statement_of(call.node)
    if not isinstance(statement, ast.Expr) or statement.value is not call.node or call.receiver is None:
        return
    if is_logger(call.scope, call.receiver) and not expects_an_error(call):
        yield rule.finding(call.span, message=rule.data["messages"][call.method], name=call.method)
