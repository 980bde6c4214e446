"""See rules/loguru/double-formatting.yaml."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.libraries.loguru import LogCall, log_call
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.types import class_of
from ml_lsp.semantics.values import Ref, Result, Value
from ml_lsp.text import Edit

_NUMERIC = re.compile(r".*[deEfFgGnoxX%]\Z")
_COUNTING = frozenset({f"builtins.{name}" for name in ("len", "int", "float", "round", "id", "hash")})
_NUMBERS = (Ref("builtins.int"), Ref("builtins.float"), Ref("builtins.bool"))


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report a message that is filled in before loguru fills it in once more."""
    found = log_call(call)
    if found is None or not (found.args or found.keywords) or not _is_formatted(call.scope, found.message):
        return
    yield rule.finding(call.scope.span(found.message), edits=_as_fields(found))


def _is_formatted(scope: Scope, node: ast.expr) -> bool:
    """Whether a message holds values that may bring braces of their own."""
    match node:
        case ast.JoinedStr(values=parts):
            return any(_may_bring_braces(scope, part) for part in parts)
        case ast.Call(func=ast.Attribute(value=ast.Constant(value=str()), attr="format")):
            return True
        case ast.BinOp(op=ast.Mod(), left=ast.Constant(value=str())):
            return True
        case ast.BinOp(op=ast.Add()):
            parts = _added(node)
            literal = any(isinstance(part, ast.Constant | ast.JoinedStr) for part in parts)
            return literal and not all(isinstance(part, ast.Constant) for part in parts)
    return False


def _added(node: ast.expr) -> list[ast.expr]:
    """The parts of a sum, in order."""
    match node:
        case ast.BinOp(op=ast.Add(), left=left, right=right):
            return [*_added(left), *_added(right)]
    return [node]


def _may_bring_braces(scope: Scope, part: ast.expr) -> bool:
    if not isinstance(part, ast.FormattedValue):
        return False
    spec = (
        part.format_spec.values[0]
        if isinstance(part.format_spec, ast.JoinedStr) and part.format_spec.values
        else None
    )
    if isinstance(spec, ast.Constant) and _NUMERIC.match(str(spec.value)):
        return False
    return not _is_number(scope, scope.value(part.value))


def _is_number(scope: Scope, value: Value) -> bool:
    if isinstance(value, Result) and isinstance(value.callee, Ref) and value.callee.name in _COUNTING:
        return True
    return class_of(scope, value) in _NUMBERS


def _as_fields(found: LogCall) -> tuple[Edit, ...]:
    """The values of an f-string as fields with keyword arguments, where they are plain names."""
    node, scope = found.message, found.call.scope
    given = {keyword.arg for keyword in found.keywords}
    if not isinstance(node, ast.JoinedStr) or found.args or None in given:
        return ()
    fields = [part for part in node.values if isinstance(part, ast.FormattedValue)]
    names = [part.value.id for part in fields if isinstance(part.value, ast.Name)]
    text = scope.text(node)
    if len(names) < len(fields) or text[:1] not in "fF" or "\n" in text or text.startswith(('f"""', "f'''")):
        return ()
    end = scope.span(node)
    new = "".join(f", {name}={name}" for name in dict.fromkeys(names) if name not in given)
    return (Edit(end, text[1:] + new),)
