"""See rules/config/argparse-type-bool.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import remove_argument
from ml_lsp.semantics.argparse import is_parser
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.values import Const, Ref
from ml_lsp.text import Edit


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report a type that makes something odd of the text, and a switch that switches nothing."""
    if not is_parser(call.scope, call.receiver):
        return
    kind = call.argument(None, "type")
    name = call.scope.value(kind) if kind is not None else None
    if (
        isinstance(name, Ref)
        and name.name in rule.data["types"]
        and kind is not None
        and not _is_a_switch(call)
    ):
        happens, instead = rule.data["types"][name.name]
        edits = _switch(call, kind) if name.name == "builtins.bool" else ()
        yield rule.finding(call.scope.span(kind), edits=edits, happens=happens, instead=instead)
    default, action = call.argument(None, "default"), call.constant(None, "action")
    if default is not None and (action, call.scope.value(default)) in (
        ("store_true", Const(True)),
        ("store_false", Const(False)),
    ):
        message = rule.data["messages"]["switch"]
        yield rule.finding(call.scope.span(default), message=message, value=call.scope.text(default))


def _is_a_switch(call: Call) -> bool:
    """Whether the option takes no text, so that its type is never called."""
    return call.argument_value(None, "action") == Ref("argparse.BooleanOptionalAction")


def _switch(call: Call, kind: ast.expr) -> tuple[Edit, ...]:
    """The option as a switch: `store_true` where it is off by default, else one with a `--no-` form."""
    default = call.argument(None, "default")
    value = call.scope.value(default) if default is not None else Const(None)
    others = {keyword.arg for keyword in call.node.keywords} - {"type", "default", "help", "dest", "required"}
    first = call.node.args[0] if call.node.args else None
    is_option = isinstance(first, ast.Constant) and str(first.value).startswith("-")
    keyword = next(word for word in call.node.keywords if word.value is kind)
    if others or not is_option:
        return ()
    if value == Const(False) and default is not None:
        return Edit(call.scope.span(keyword), 'action="store_true"'), remove_argument(call, default)
    if value == Const(True) and isinstance(call.scope.inquiry.module.tables.imports.get("argparse"), str):
        return (Edit(call.scope.span(keyword), "action=argparse.BooleanOptionalAction"),)
    return ()
