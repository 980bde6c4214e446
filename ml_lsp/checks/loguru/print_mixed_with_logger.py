"""See rules/loguru/print-mixed-with-logger.yaml."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import islice

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import replace_node
from ml_lsp.semantics.body import ModuleView
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.handlers import handler_of
from ml_lsp.semantics.libraries.commands import is_for_the_command_line
from ml_lsp.semantics.libraries.logs import logger_name
from ml_lsp.semantics.libraries.loguru import LEVELS, messages
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.testcode import is_test_path
from ml_lsp.syntax.trees import own_name

_MOST = 5
_SHOWN = 30
_REPORT = 4


def check(module: ModuleView, rule: Rule) -> Iterator[Finding]:
    """Report the first prints in functions of a module that otherwise logs."""
    path = module.inquiry.module.path
    if path.suffix == ".ipynb" or is_test_path(path):
        return
    logged = list(islice(messages(module.inquiry), 2))
    if len(logged) < 2:
        return
    for call in islice(_prints(module, rule), _MOST):
        text = " ".join(call.scope.text(call.node.args[0]).split())
        name = logger_name(logged[0]) if _is_text(call) else None
        edits = [replace_node(call.scope, call.node.func, f"{name}.info")] if name else []
        yield rule.finding(call.span, edits=edits, text=text if len(text) < _SHOWN else f"{text[:_SHOWN]}...")


def _prints(module: ModuleView, rule: Rule) -> Iterator[Call]:
    """The prints of text to the terminal, but for output that somebody asked for."""
    spared = re.compile(rule.data["displaying"])
    for piece in module.inquiry.pieces("mentions", "print"):
        for scope in module.inquiry.piece_scope(piece).functions():
            if spared.match(scope.name) or is_for_the_command_line(scope):
                continue
            said = [call for call in scope.calls if call.name == "builtins.print" and _is_message(call, rule)]
            yield from (call for call in said if handler_of(call) is not None or not _is_report(said, scope))


def _is_report(said: list[Call], scope: Scope) -> bool:
    """Whether a function prints many lines, and logs none: results, for somebody to read."""
    apart = [call for call in said if handler_of(call) is None]
    return len(apart) >= _REPORT and not any(call.method in LEVELS for call in scope.calls)


def _is_message(call: Call, rule: Rule) -> bool:
    """Whether text is printed, on a line of its own, that is no data for another program."""
    if not call.node.args or call.node.keywords or isinstance(call.node.args[0], ast.Starred):
        return False
    calls = (node.func for arg in call.node.args for node in ast.walk(arg) if isinstance(node, ast.Call))
    names = set(map(own_name, calls))
    says = any(
        isinstance(n, ast.Constant) and isinstance(n.value, str) and n.value.strip(" -=*#\n")
        for arg in call.node.args
        for n in ast.walk(arg)
    )
    return says and names.isdisjoint(rule.data["data"])


def _is_text(call: Call) -> bool:
    first = call.node.args[0]
    constant = isinstance(first, ast.Constant) and isinstance(first.value, str)
    return len(call.node.args) == 1 and (constant or isinstance(first, ast.JoinedStr))
