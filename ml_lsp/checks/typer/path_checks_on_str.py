"""See rules/typer/path-checks-on-str.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import add_import, replace_node
from ml_lsp.semantics.body import Body
from ml_lsp.semantics.libraries.command_line import CommandParameter, command_parameters, text_annotation
from ml_lsp.semantics.values import Const


def check(body: Body, rule: Rule) -> Iterator[Finding]:
    """Report the first path check of each parameter that is no Path."""
    for parameter in command_parameters(body.scope):
        keyword = _path_check(parameter, rule)
        if keyword is None:
            continue
        span, name = body.scope.span(keyword), keyword.arg
        if parameter.annotation is None:
            yield rule.finding(span, keyword=name, annotation="parameter without annotation")
        elif (written := text_annotation(parameter.around, parameter.annotation)) is not None:
            path, imports = add_import(body.scope.inquiry, "pathlib", "Path")
            edits = [replace_node(body.scope, written, path), *imports]
            yield rule.finding(span, edits=edits, keyword=name, annotation="`str`", replacement=path)


def _path_check(parameter: CommandParameter, rule: Rule) -> ast.keyword | None:
    """The first keyword that asks for a check of a path; None if the option has a parser of its own."""
    keywords = parameter.made.keywords
    if any(keyword.arg in (None, "click_type", "parser") for keyword in keywords):
        return None
    for keyword in keywords:
        if keyword.arg in rule.data["keywords"]:
            value = parameter.around.value(keyword.value)
            if not isinstance(value, Const) or value.value != rule.data["keywords"][keyword.arg]:
                return keyword
    return None
