"""See rules/config/dictconfig-as-builtin.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import add_import, replace_node, wrap_in_call
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.config.omegaconf import ConfigPath, config_part, nodes_at
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.types import class_of
from ml_lsp.semantics.values import Display, Ref, Value, options
from ml_lsp.text import Edit

_OWN = {"builtins.list": "ListConfig", "builtins.tuple": "ListConfig", "builtins.dict": "DictConfig"}


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report a configuration of OmegaConf where only Python's own lists and dicts will do."""
    if is_test_code(call.scope):
        return  # which asks what a resolver of its own returns
    if call.name == "builtins.isinstance":
        yield from _asked(call, rule)
    elif call.name == "builtins.type":
        yield from _compared(call, rule)
    elif call.name in rule.data["writers"] and call.lacks(None, "default"):
        yield from _written(call, rule)
    else:
        yield from _sized(call, rule)


def _sized(call: Call, rule: Rule) -> Iterator[Finding]:
    """A list of a configuration as the size of a tensor."""
    node = _size(call, rule)
    path = config_part(call.scope.value(node)) if node is not None else None
    if node is not None and path is not None and _is_container(call, path, "sequence"):
        message, edits = rule.data["messages"]["size"], wrap_in_call(call.scope, node, "tuple")
        yield rule.finding(call.scope.span(node), edits=edits, message=message, what=call.scope.text(node))


def _size(call: Call, rule: Rule) -> ast.expr | None:
    place = rule.data["sized"].get(call.name)
    if place is None and call.method in rule.data["sizing"] and call.receiver is not None:
        place = 0 if class_of(call.scope, call.receiver) == Ref("torch.Tensor") else None
    return (
        call.argument(place, "shape" if call.method in rule.data["sizing"] else "size")
        if place is not None
        else None
    )


def _asked(call: Call, rule: Rule) -> Iterator[Finding]:
    if len(call.node.args) != 2:
        return
    node, kinds = call.node.args
    names = _names(call.scope.value(kinds))
    known = [_OWN[name] for name in names if name in _OWN]
    if not known or not names <= rule.data["plain"] | _OWN.keys() or _is_asked_again(call, node):
        return
    path = config_part(call.scope.value(node))
    if path is not None and not _is_scalar(call, path):
        own = known[0]
        imported, edits = add_import(call.scope.inquiry, "omegaconf", own)
        old = kinds.elts if isinstance(kinds, ast.Tuple) else [kinds]
        new = ", ".join([*map(call.scope.text, old), imported])
        yield rule.finding(
            call.scope.span(node), edits=[replace_node(call.scope, kinds, f"({new})"), *edits],
            title=f"Ask for `{own}` as well", what=call.scope.text(node), own=own,
        )  # fmt: skip


def _names(kinds: Value) -> set[str]:
    found = kinds.items if isinstance(kinds, Display) else options(kinds)
    return {kind.name if isinstance(kind, Ref) else "" for kind in found}


def _is_asked_again(call: Call, node: ast.expr) -> bool:
    """Whether the same value is asked about with a type of OmegaConf, or for what lists can do, beside it."""
    text = call.scope.text(node)
    return any(
        other.node is not call.node and other.node.args and call.scope.text(other.node.args[0]) == text
        and (
            other.name == "builtins.hasattr"
            or any("Config" in call.scope.text(arg) for arg in other.node.args[1:])
        )
        for other in call.scope.calls
    )  # fmt: skip


def _compared(call: Call, rule: Rule) -> Iterator[Finding]:
    """`type(cfg.x) is list`."""
    node = call.node.args[0] if len(call.node.args) == 1 else None
    statement = call.scope.statement_of(call.node)
    if node is None or statement is None or (path := config_part(call.scope.value(node))) is None:
        return
    for found in ast.walk(statement):
        if isinstance(found, ast.Compare) and found.left is call.node and len(found.ops) == 1:
            [kind] = found.comparators
            own = [_OWN[name] for name in _names(call.scope.value(kind)) if name in _OWN]
            if own and not _is_scalar(call, path):
                yield rule.finding(call.scope.span(node), what=call.scope.text(node), own=own[0])


def _written(call: Call, rule: Rule) -> Iterator[Finding]:
    given = call.node.args[0] if call.node.args else None
    inside = given.values if isinstance(given, ast.Dict) else getattr(given, "elts", [given])
    for node in inside:
        path = config_part(call.scope.value(node)) if node is not None else None
        if node is not None and path is not None and (not path.keys or _is_container(call, path)):
            error, text = rule.data["writers"][call.name], call.scope.text(node)
            yield rule.finding(
                call.scope.span(node), edits=_resolved(call, node), message=rule.data["messages"]["written"],
                what=text, call=call.scope.text(call.node.func), error=error,
            )  # fmt: skip


def _resolved(call: Call, node: ast.expr) -> list[Edit]:
    imported, edits = add_import(call.scope.inquiry, "omegaconf", "OmegaConf")
    text = call.scope.text(node)
    return [replace_node(call.scope, node, f"{imported}.to_container({text}, resolve=True)"), *edits]


def _is_scalar(call: Call, path: ConfigPath) -> bool:
    """Whether all config files hold a number or text there."""
    nodes = nodes_at(call.scope.inquiry, path)
    return bool(nodes) and all(
        node.kind == "scalar" and node.value is not None and "${" not in node.raw and node.raw != "???"
        for node in nodes
    )


def _is_container(call: Call, path: ConfigPath, *kinds: str) -> bool:
    """Whether all config files hold a list or mapping there."""
    nodes = nodes_at(call.scope.inquiry, path)
    return bool(nodes) and all(node.kind in (kinds or ("mapping", "sequence")) for node in nodes)
