"""See rules/typer/command-called-directly.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import add_import, replace_node
from ml_lsp.semantics.body import ModuleView
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.libraries.command_line import CommandParameter, command_parameters, names_beside_typer
from ml_lsp.semantics.mentioning import calls_mentioning
from ml_lsp.syntax.trees import own_name
from ml_lsp.text import Edit


def check(module: ModuleView, rule: Rule) -> Iterator[Finding]:
    """Report calls of commands that leave out what only the command line fills in."""
    names = names_beside_typer(module.inquiry) & module.inquiry.module.words
    for call in calls_mentioning(module.inquiry, *names) if names else ():
        target = call.target if own_name(call.node.func) in names else None
        if target is None or call.has_unpacking:
            continue
        missing = [one for one in command_parameters(target) if one.in_default and _is_left_out(call, one)]
        words = target.inquiry.module.pieces[target.piece].text
        if missing and "OptionInfo" not in words:
            first = missing[0]
            shown = first.scope.text(first.default) if first.default is not None else "what is meant"
            related = [one.scope.related(one.node, f"`{one.node.arg}` is an option") for one in missing]
            edits = (
                [edit for one in missing for edit in _annotated(one)] if all(map(_annotated, missing)) else []
            )
            name = first.node.arg
            if edits:
                edits += add_import(module.inquiry, "typing", "Annotated")[1]
            yield rule.finding(call.span, edits=edits, related=related, name=name, default=shown)


def _annotated(parameter: CommandParameter) -> tuple[Edit, ...]:
    """Move an option from the default to the annotation; nothing if it has no plain default, or is elsewhere."""
    scope, made, annotation = parameter.around, parameter.made, parameter.annotation
    if scope.inquiry.asker is not None or parameter.default is None or annotation is None:
        return ()
    others = [one for one in (*made.args[1:], *made.keywords) if getattr(one, "arg", "") != "default"]
    if "#" in scope.text(made) or (not made.args and len(others) == len(made.keywords)):
        return ()
    name = add_import(scope.inquiry, "typing", "Annotated")[0]
    option = f"{scope.text(made.func)}({', '.join(map(scope.text, others))})"
    described = replace_node(scope, annotation, f"{name}[{scope.text(annotation)}, {option}]")
    return described, replace_node(scope, made, scope.text(parameter.default))


def _is_left_out(call: Call, parameter: CommandParameter) -> bool:
    node = parameter.scope.node
    assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    names = [arg.arg for arg in (*node.args.posonlyargs, *node.args.args)]
    name = parameter.node.arg
    return call.lacks(names.index(name) if name in names else None, name)
