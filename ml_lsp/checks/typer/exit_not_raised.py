"""See rules/typer/exit-not-raised.yaml."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import replace_node
from ml_lsp.semantics.body import Body
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.callers import find_callers
from ml_lsp.semantics.expected_errors import expects_an_error
from ml_lsp.semantics.flow import Event
from ml_lsp.semantics.libraries.commands import is_command
from ml_lsp.semantics.values import Ref
from ml_lsp.text import Edit, Span


def check(body: Body, rule: Rule) -> Iterator[Finding]:
    """Report exits that are made and not raised, and exit codes that are returned."""
    for call in body.calls:
        if call.name in rule.data["exits"] and not expects_an_error(call):
            statement = call.scope.statement_of(call.node)
            if isinstance(statement, ast.Expr) and statement.value is call.node:
                start = call.span.start
                yield rule.finding(call.span, edits=[Edit(Span(start, start), "raise ")], name=call.name)
            elif (
                isinstance(statement, ast.Return) and statement.value is call.node and is_command(call.scope)
            ):
                word = Span(call.scope.span(statement).start, call.span.start)
                yield rule.finding(call.span, edits=[Edit(word, "raise ")], safe=False, name=call.name)
    if body.is_function and is_command(body.scope):
        yield from _returned_codes(body, rule)


def _returned_codes(body: Body, rule: Rule) -> Iterator[Finding]:
    if any(map(body.scope.inquiry.mentions, rule.data["handling"])) or find_callers(body.scope):
        return
    for event in body.scope.flow.events:
        value = event.node.value if isinstance(event.node, ast.Return) else None
        code = _exit_code(body, event, rule) if value is not None else 0
        if value is not None and code:
            edits = []
            if "typer" in body.scope.inquiry.module.tables.imports:
                edits = [replace_node(body.scope, event.node, f"raise typer.Exit(code={code})")]
            message = rule.data["messages"]["returned"]
            yield rule.finding(body.scope.span(value), edits=edits, safe=False, message=message, name=code)


def _exit_code(body: Body, event: Event, rule: Rule) -> int:
    """The exit code that a returned constant is meant as: a number, 1 for a truth value after an error message."""
    match event.node:
        case ast.Return(value=ast.Constant(value=bool())):
            before = (call for call in body.calls if call.block is event.block and call.order < event.order)
            return int(any(_says_error(call, rule) for call in before))
        case ast.Return(value=ast.Constant(value=int(code))):
            return code
        case ast.Return(value=ast.UnaryOp(ast.USub(), ast.Constant(value=int(code)))):
            return -code
    return 0


def _says_error(call: Call, rule: Rule) -> bool:
    if call.argument_value(None, "file") == Ref("sys.stderr") or call.constant(None, "err") is True:
        return True
    if call.method in ("error", "critical", "exception"):
        return True
    text = call.scope.text(call.node.args[0]) if call.node.args else ""
    return call.name in rule.data["telling"] and bool(re.match(rule.data["trouble"], text))
