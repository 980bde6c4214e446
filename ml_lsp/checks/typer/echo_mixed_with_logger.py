"""See rules/typer/echo-mixed-with-logger.yaml."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import islice

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import replace_node
from ml_lsp.semantics.body import ModuleView, loop_around
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.libraries.commands import is_for_the_command_line
from ml_lsp.semantics.libraries.logs import log_calls, logger_name
from ml_lsp.semantics.testcode import is_test_path
from ml_lsp.semantics.values import Const
from ml_lsp.text import Edit

_MOST = 5


def check(module: ModuleView, rule: Rule) -> Iterator[Finding]:
    """Report the first messages of a module that go to the terminal although it has a logger."""
    if is_test_path(module.inquiry.module.path):
        return
    logged = list(islice(log_calls(module.inquiry), 2))
    if len(logged) == 2:
        for call in islice(_echoes(module, rule), _MOST):
            yield rule.finding(call.span, edits=_through_logger(call, logged[0]), name=call.name)


def _echoes(module: ModuleView, rule: Rule) -> Iterator[Call]:
    pieces = {piece for word in ("echo", "secho") for piece in module.inquiry.pieces("mentions", word)}
    for piece in sorted(pieces):
        for scope in module.inquiry.piece_scope(piece).functions():
            if not re.match(rule.data["displaying"], scope.name):
                yield from (
                    call for call in scope.calls if call.name in rule.data["echoes"] and _is_log(call, rule)
                )


def _is_log(call: Call, rule: Rule) -> bool:
    """Whether a text tells about progress: by its first word, in a loop, or far from the command line."""
    text = _text(call.node.args[0]) if call.node.args else ""
    if not text or call.argument_value(None, "err") not in (None, Const(False)):
        return False
    if re.match(rule.data["progress"], text):
        return True
    if call.argument(1, "nl") is not None or call.argument(None, "file") is not None:
        return False
    return loop_around(call) is not None or not is_for_the_command_line(call.scope)


def _text(node: ast.expr) -> str:
    """The literal text of a message, with its values left out; empty if there is none."""
    match node:
        case ast.Constant(value=str(text)):
            return text.strip()
        case ast.JoinedStr(values=parts):
            return "".join(str(part.value) for part in parts if isinstance(part, ast.Constant)).strip(
                " \n:,-="
            )
        case ast.BinOp(left=left, op=ast.Add() | ast.Mod()):
            return _text(left)
        case ast.Call(func=ast.Attribute(value=ast.Constant() as text, attr="format")):
            return _text(text)
    return ""


def _through_logger(call: Call, logged: Call) -> tuple[Edit, ...]:
    name = logger_name(logged)
    if name is None or len(call.node.args) != 1 or call.node.keywords:
        return ()
    return (replace_node(call.scope, call.node.func, f"{name}.info"),)
