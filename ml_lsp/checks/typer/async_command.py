"""See rules/typer/async-command.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import add_import
from ml_lsp.semantics.body import Body
from ml_lsp.semantics.callers import sighted_callers
from ml_lsp.semantics.libraries.commands import is_command, is_command_mark
from ml_lsp.semantics.scope import Scope
from ml_lsp.signatures import signature
from ml_lsp.text import Edit, Source, Span


def check(body: Body, rule: Rule) -> Iterator[Finding]:
    """Report a coroutine function that is registered as a command as it is."""
    node = body.scope.node
    if not isinstance(node, ast.AsyncFunctionDef) or not all(map(is_command_mark, body.scope.decorators)):
        return
    if is_command(body.scope):
        edits = tuple(_run_by_asyncio(body.scope, node))
        yield rule.finding(body.scope.name_span(node), edits=edits, name=node.name)


def _run_by_asyncio(scope: Scope, node: ast.AsyncFunctionDef) -> Iterator[Edit]:
    """Make the coroutine function a private one, and run it in a command behind it."""
    private, written, arguments = f"_{node.name}", signature(scope), node.args
    is_plain = not (arguments.posonlyargs or arguments.vararg or arguments.kwarg)
    if not is_plain or written is None or scope.parent is None or not scope.parent.is_module_level:
        return
    if scope.inquiry.mentions(private) or any(sighted_callers(scope)):
        return
    text, function = scope.inquiry.module.split.text, scope.span(node)
    marks = Span(function.start, function.start)
    if node.decorator_list:
        marks = Span(scope.span(node.decorator_list[0]).start - 1, function.start)
    asyncio, imports = add_import(scope.inquiry, "asyncio")
    newline = Source(text).newline
    passed = ", ".join(f"{arg.arg}={arg.arg}" for arg in (*arguments.args, *arguments.kwonlyargs))
    lines = [f"def {node.name}{written}:", f"    {asyncio}.run({private}({passed}))"]
    if ast.get_docstring(node) is not None:
        lines.insert(1, f"    {scope.text(node.body[0])}")
    end = text.find(newline, function.end)
    end = len(text) if end < 0 else end
    head = text[marks.start : marks.end]
    yield from imports
    yield Edit(marks, "")
    yield Edit(scope.name_span(node), private)
    yield Edit(Span(end, end), newline * 3 + head + newline.join(lines))
