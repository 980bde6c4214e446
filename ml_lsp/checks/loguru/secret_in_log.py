"""See rules/loguru/secret-in-log.yaml."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.libraries.loguru import is_logger
from ml_lsp.semantics.values import Ref

# So many characters of a secret may be shown.
_SHOWN = 4
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report the first credential or personal value that goes into a log message in clear text."""
    if call.receiver is None or not is_logger(call.scope, call.receiver):
        return
    for node in (*call.node.args, *(keyword.value for keyword in call.node.keywords)):
        found = next(_secrets(call, node, rule), None)
        if found is not None:
            part, name = found
            yield rule.finding(call.scope.span(part), name=name)
            return


def _secrets(call: Call, node: ast.expr, rule: Rule) -> Iterator[tuple[ast.expr, str]]:
    """The parts of an expression that are read as they are and named as secrets."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            whole = call.scope.value(node) == Ref("os.environ") or _is_headers(node)
            if _is_secret(name, rule) or whole:
                yield node, name
        case ast.Subscript(slice=ast.Constant(value=str(key))):
            if _is_secret(key, rule):
                yield node, key
        case ast.Call(func=ast.Attribute(attr="get" | "getenv"), args=[ast.Constant(value=str(key)), *_]):
            if _is_secret(key, rule):
                yield node, key
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=args, keywords=keywords):
            if name in rule.data["passing"]:
                for part in (*args, *(keyword.value for keyword in keywords)):
                    yield from _secrets(call, part, rule)
        case ast.JoinedStr(values=parts):
            for part in parts:
                if isinstance(part, ast.FormattedValue):
                    yield from _secrets(call, part.value, rule)
        case ast.BinOp(op=ast.Add() | ast.Mod(), left=left, right=right):
            yield from _secrets(call, left, rule)
            yield from _secrets(call, right, rule)
        case ast.Subscript(value=inner, slice=ast.Slice() as cut):
            if not _is_short(cut):
                yield from _secrets(call, inner, rule)
        case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.BoolOp(op=ast.Or(), values=parts):
            for part in parts:
                yield from _secrets(call, part, rule)


def _is_short(cut: ast.Slice) -> bool:
    """Whether a slice may leave a few characters of a text only: `[:4]`, `[-4:]`, `[:shown]`."""
    match cut:
        case ast.Slice(lower=None | ast.Constant(value=0), upper=ast.Constant(value=int(end))):
            return end <= _SHOWN
        case ast.Slice(lower=ast.UnaryOp(ast.USub(), ast.Constant(value=int(start)))):
            return start <= _SHOWN
        case ast.Slice(lower=None | ast.Constant(), upper=None | ast.Constant() | ast.UnaryOp()):
            return False
    return True


def _is_headers(node: ast.expr) -> bool:
    """Whether it is all headers of a request, the one with the token among them."""
    match node:
        case ast.Attribute(value=ast.Name(id="request") | ast.Attribute(attr="request"), attr="headers"):
            return True
    return False


def _is_secret(name: str, rule: Rule) -> bool:
    """Whether the last words of a name mean a secret: `db_password`, `OPENAI_API_KEY`, `userSsn`."""
    words = [word for word in re.split(r"[\W_]+", _HUMP.sub("_", name).lower()) if word]
    if not words or words[0] in rule.data["prefixes"]:
        return False
    return words[-1] in rule.data["secrets"] or "_".join(words[-2:]) in rule.data["secrets"]
