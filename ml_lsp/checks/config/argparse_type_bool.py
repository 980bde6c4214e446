"""See rules/config/argparse-type-bool.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import remove_argument
from ml_lsp.semantics.argparse import destinations, is_parser, option_calls
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.values import Const, Ref, Value
from ml_lsp.text import Edit

# A switch and its default, where that is what it sets; the action of the switch that sets the opposite.
_OPPOSITES: dict[tuple[Value | None, Value], str] = {
    (Const("store_true"), Const(True)): "store_false",
    (Const("store_false"), Const(False)): "store_true",
}


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report a type that makes something odd of the text, and a switch that switches nothing."""
    if not is_parser(call.scope, call.receiver):
        return
    action = call.argument_value(None, "action")
    kind = call.argument(None, "type") if action != Ref("argparse.BooleanOptionalAction") else None
    name = call.scope.value(kind) if kind is not None else None
    if kind is not None and isinstance(name, Ref) and name.name in rule.data["types"]:
        happens, instead = rule.data["types"][name.name]
        edits = _switch(call, kind) if name.name == "builtins.bool" else ()
        yield rule.finding(call.scope.span(kind), edits=edits, happens=happens, instead=instead)
    default = call.argument(None, "default")
    opposite = _OPPOSITES.get((action, call.scope.value(default))) if default is not None else None
    hidden = call.argument_value(None, "help") == Ref(
        "argparse.SUPPRESS"
    )  # a constant that nobody is told of
    if default is not None and opposite is not None and not hidden and not _has_twin(call, opposite):
        message = rule.data["messages"]["switch"]
        yield rule.finding(call.scope.span(default), message=message, value=call.scope.text(default))


def _has_twin(call: Call, action: str) -> bool:
    """Whether another switch sets the same option to the other value: `--fast` and `--no-fast`."""
    return any(
        other.constant(None, "action") == action and destinations(other) & destinations(call)
        for other in option_calls(call.scope.inquiry)
    )


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
