"""See rules/typer/async-command.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import add_import
from ml_lsp.semantics.body import ModuleView
from ml_lsp.semantics.callers import sighted_callers
from ml_lsp.semantics.libraries.commands import is_command, is_command_mark
from ml_lsp.semantics.mentioning import scopes_of
from ml_lsp.semantics.scope import Scope
from ml_lsp.signature_edits import signature
from ml_lsp.text import Edit, Source, Span


def check(module: ModuleView, rule: Rule) -> Iterator[Finding]:
    """Report the coroutine functions that are registered as commands as they are."""
    inquiry = module.inquiry
    pieces = [
        index for index in inquiry.pieces("everything") if "async def" in inquiry.module.pieces[index].text
    ]
    for scope in scopes_of(inquiry, pieces):
        node = scope.node
        if (
            isinstance(node, ast.AsyncFunctionDef)
            and is_command(scope)
            and all(map(is_command_mark, scope.decorators))
        ):
            edits = tuple(_run_by_asyncio(scope, node))
            yield rule.finding(scope.name_span(node), edits=edits, name=node.name)


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
