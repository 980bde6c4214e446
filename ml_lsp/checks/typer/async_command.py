"""See rules/typer/async-command.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.semantics.body import Body
from ml_lsp.semantics.commands import is_command, is_command_mark


def check(body: Body, rule: Rule) -> Iterator[Finding]:
    """Report a coroutine function that is registered as a command as it is."""
    node = body.scope.node
    if not isinstance(node, ast.AsyncFunctionDef) or not all(map(is_command_mark, body.scope.decorators)):
        return
    if is_command(body.scope):
        yield rule.finding(body.scope.name_span(node), name=node.name)
