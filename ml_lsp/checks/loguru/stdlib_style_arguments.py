"""See rules/loguru/stdlib-style-arguments.yaml."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from string import Formatter

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.libraries.loguru import LogCall, log_call
from ml_lsp.text import Edit, Span

_CONVERSION = re.compile(r"%(?:\((?P<name>\w+)\))?(?P<spec>[-+ #0]*\d*(?:\.\d+)?)(?P<kind>[sdrifegxX])")


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report arguments that loguru drops, and fields that no argument fills."""
    found = log_call(call)
    text = _literal(found.message) if found is not None else None
    fields = _fields(text) if text is not None else None
    if found is None or fields is None:
        return
    if found.args and not fields:
        yield _dropped(found, rule)
    elif found.args or found.keywords:
        wanted = _positional(fields)
        if wanted > len(found.args) and not any(keyword.arg is None for keyword in found.keywords):
            words = {"wanted": wanted, "given": len(found.args)}
            message = rule.data["messages"]["missing"]
            yield rule.finding(call.scope.span(found.message), message=message, **words)  # type: ignore[arg-type]


def _literal(message: ast.expr) -> str | None:
    """The text that a literal, or a sum of literals, is."""
    match message:
        case ast.Constant(value=str(text)):
            return text
        case ast.BinOp(op=ast.Add(), left=left, right=right):
            parts = _literal(left), _literal(right)
            return None if None in parts else "".join(filter(None, parts))
    return None


def _fields(message: str) -> list[str] | None:
    """The replacement fields of a format string; None if it is none."""
    try:
        return [name for _, name, _, _ in Formatter().parse(message) if name is not None]
    except ValueError:
        return None


def _positional(fields: list[str]) -> int:
    """How many positional arguments the fields need."""
    roots = [re.split(r"[.\[]", field)[0] for field in fields]
    numbered = [int(root) + 1 for root in roots if root.isdigit()]
    return max(roots.count(""), *numbered, 0)


def _dropped(found: LogCall, rule: Rule) -> Finding:
    scope, text = found.call.scope, found.call.scope.text(found.message)
    conversions = list(_CONVERSION.finditer(text))
    if conversions:
        fixed = _CONVERSION.sub(_as_field, text)
        exact = len(conversions) == len(found.args) and not any(one["name"] for one in conversions)
    else:
        fixed = f"{text[:-1].rstrip()}{' {}' * len(found.args)}{text[-1]}"
        exact = text[-1:] in ("'", '"') and not text.startswith(("r", "R", "b"))
    simple = "\n" not in text and "{" not in text and isinstance(found.message, ast.Constant)
    edits = [Edit(scope.span(found.message), fixed)] if exact and simple else []
    last = scope.span(found.args[0])
    return rule.finding(Span(last.start, last.end), edits=edits, fixed=fixed.strip("'\"")[:40])


def _as_field(found: re.Match[str]) -> str:
    spec, kind = found["spec"], found["kind"]
    if kind == "r":
        return "{!r}"
    if kind in "sdi":
        return f"{{:{spec}}}" if spec else "{}"
    return f"{{:{spec}{kind}}}"
