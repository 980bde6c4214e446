"""Loguru's words: which values are its logger, which calls log what, and which add a traceback."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from ml_lsp.semantics.call import Call
from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.semantics.mentioning import calls_mentioning
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.torch.instances import constructions
from ml_lsp.semantics.values import Attr, Const, Ref, Result, Value

_LOGGER = "loguru.logger"
# Methods that log a message; `log` takes the level first.
LEVELS = frozenset({
    "trace", "debug", "info", "success", "warning", "error", "critical", "exception", "log",
})  # fmt: skip
# Methods that return the logger with other settings.
_SETTINGS = frozenset({"bind", "opt", "patch"})


def is_logger(scope: Scope, value: Value) -> bool:
    """Whether a value is certainly loguru's logger, with or without settings of its own."""
    match value:
        case Ref(name):
            return name == _LOGGER
        case Result(Ref(name)):
            return name.rpartition(".")[0] == _LOGGER and name.rpartition(".")[2] in _SETTINGS
        case Result(Attr(owner, name)) if name in _SETTINGS:
            return is_logger(scope, owner)
        case Attr():
            made = constructions(scope, value)
            return bool(made) and all(is_logger(scope, one) for one in made)
    return False


def adds_traceback(call: Call) -> bool:
    """Whether a logging call, of any library, or the traceback module, keeps the traceback."""
    if call.method == "exception" or (call.name or "").startswith("traceback."):
        return True
    return any(
        call.argument_value(None, name) not in (None, Const(False)) for name in ("exception", "exc_info")
    )


@dataclass(frozen=True, eq=False)
class LogCall:
    """A call that logs a message: the message, and what is passed to fill it in."""

    call: Call
    message: ast.expr
    args: tuple[ast.expr, ...]
    keywords: tuple[ast.keyword, ...]


def log_call(call: Call) -> LogCall | None:
    """The message that a call of loguru's logger logs; None for any other call, and where `*args` hide it."""
    if call.method not in LEVELS or call.receiver is None or not is_logger(call.scope, call.receiver):
        return None
    args = call.node.args[1:] if call.method == "log" else call.node.args
    if not args or any(isinstance(arg, ast.Starred) for arg in call.node.args):
        return None
    return LogCall(call, args[0], tuple(args[1:]), tuple(call.node.keywords))


def is_set_outside(inquiry: Inquiry, variable: str) -> bool:
    """Whether an environment variable of loguru's is spoken of by code or by a file about the deployment."""
    return (
        inquiry.mentions(variable)
        or inquiry.deployment(variable)
        or any(True for _ in inquiry.modules(variable))
    )


def messages(inquiry: Inquiry, levels: Collection[str] = LEVELS) -> Iterator[Call]:
    """The calls in a module that log a message at one of some levels, with loguru, piece by piece."""
    if "loguru" not in inquiry.module.tables.libraries:
        return
    for call in calls_mentioning(inquiry, *levels):
        if call.method in levels and call.receiver is not None and is_logger(call.scope, call.receiver):
            yield call
