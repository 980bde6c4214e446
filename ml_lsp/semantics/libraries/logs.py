"""Modules that log, with loguru or the standard library: by which name, and how often."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.semantics.call import Call
from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.semantics.libraries.loguru import LEVELS, is_logger
from ml_lsp.semantics.mentioning import calls_mentioning
from ml_lsp.semantics.values import Ref, Result

_METHODS = tuple(sorted(LEVELS | {"warn"}))


def log_calls(inquiry: Inquiry) -> Iterator[Call]:
    """The calls of a module that log a message, piece by piece."""
    if inquiry.module.tables.libraries.isdisjoint({"loguru", "logging"}):
        return
    for call in calls_mentioning(inquiry, *_METHODS):
        if call.method in _METHODS and _logs(call):
            yield call


def logger_name(call: Call) -> str | None:
    """How the logger of a call is written where any code of the module can use it: the name of a global."""
    func = call.scope.text(call.node.func).rpartition(".")[0]
    root = func.partition(".")[0]
    tables = call.scope.inquiry.module.tables
    return func if root in tables.imports or root in tables.defines else None


def _logs(call: Call) -> bool:
    receiver = call.receiver
    if receiver is None:
        return False
    std = isinstance(receiver, Result) and receiver.callee == Ref("logging.getLogger")
    return std or receiver == Ref("logging") or is_logger(call.scope, receiver)
