"""See rules/typer/flag-cannot-be-turned-off.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import replace_node
from ml_lsp.semantics.body import Body
from ml_lsp.semantics.libraries.command_line import CommandParameter, annotation_of, command_parameters
from ml_lsp.semantics.values import Const


def check(body: Body, rule: Rule) -> Iterator[Finding]:
    """Report boolean options that are on by default and declared without an off switch."""
    for parameter in command_parameters(body.scope):
        names = _declarations(parameter)
        if not names or any("/" in str(name.value) for name in names) or not _is_on(parameter):
            continue
        if all(keyword.arg not in rule.data["excusing"] for keyword in parameter.made.keywords):
            first = next((name for name in names if str(name.value).startswith("--")), names[0])
            stem = str(first.value).removeprefix("--").removeprefix("no-").lstrip("-")
            new = f"--{stem}/--no-{stem}"
            edits = [replace_node(body.scope, first, f'"{new}"')] if str(first.value).startswith("--") else []
            yield rule.finding(body.scope.span(first), edits=edits, name=first.value, replacement=new)


def _declarations(parameter: CommandParameter) -> list[ast.Constant]:
    texts = [
        arg for arg in parameter.made.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
    ]
    return [text for text in texts if str(text.value).startswith("-")]


def _is_on(parameter: CommandParameter) -> bool:
    around = parameter.around
    if parameter.annotation is None or annotation_of(around, parameter.annotation, "builtins.bool") is None:
        return False
    return parameter.default is not None and around.value(parameter.default) == Const(True)
