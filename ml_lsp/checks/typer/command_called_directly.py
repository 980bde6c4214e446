"""See rules/typer/command-called-directly.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.semantics.body import Body
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.command_line import CommandParameter, command_parameters


def check(body: Body, rule: Rule) -> Iterator[Finding]:
    """Report calls of commands that leave out what only the command line fills in."""
    for call in body.calls:
        target = call.target if isinstance(call.node.func, ast.Name | ast.Attribute) else None
        if target is None or call.has_unpacking:
            continue
        missing = [one for one in command_parameters(target) if one.in_default and _is_left_out(call, one)]
        words = target.inquiry.module.pieces[target.piece].text
        if missing and "OptionInfo" not in words:
            first = missing[0]
            shown = first.scope.text(first.default) if first.default is not None else "what is meant"
            related = [one.scope.related(one.node, f"`{one.node.arg}` is an option") for one in missing]
            yield rule.finding(call.span, related=related, name=first.node.arg, default=shown)


def _is_left_out(call: Call, parameter: CommandParameter) -> bool:
    node = parameter.scope.node
    assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    names = [arg.arg for arg in (*node.args.posonlyargs, *node.args.args)]
    name = parameter.node.arg
    return call.lacks(names.index(name) if name in names else None, name)
