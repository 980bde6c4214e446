"""See rules/loguru/traceback-lost.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import replace_node
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.handlers import Handler, arguments, handler_of
from ml_lsp.semantics.libraries.loguru import adds_traceback, is_logger
from ml_lsp.semantics.values import Ref, Result
from ml_lsp.text import Edit


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report the first call that logs an exception's text at error level, where its traceback is lost."""
    handler = handler_of(call)
    if handler is None or handler.node.name is None or not _logs(call, handler) or handler.is_of_imports:
        return
    wide = {f"builtins.{name}" for name in rule.data["wide"]}
    if handler.caught is None or not handler.caught <= wide:
        return
    if handler.is_of_an_attempt or handler.ends_the_work or any(map(adds_traceback, handler.calls)):
        return
    told = tuple(other for other in handler.calls if _tells(other))
    first = next(other for other in told if _logs(other, handler))
    if first.node is call.node and handler.is_said_only(told):
        edits = _with_traceback(call, handler) if call.method == "error" else ()
        yield rule.finding(call.name_span, edits=edits, name=handler.node.name)


def _logs(call: Call, handler: Handler) -> bool:
    at_level = call.method in ("error", "critical") and _is_loguru(call)
    return at_level and any(handler.mentions(arg) for arg in arguments(call))


def _tells(call: Call) -> bool:
    return call.name == "builtins.print" or _is_loguru(call)


def _is_loguru(call: Call) -> bool:
    return call.receiver is not None and is_logger(call.scope, call.receiver)


def _with_traceback(call: Call, handler: Handler) -> Iterator[Edit]:
    yield Edit(call.name_span, "exception")
    first = call.node.args[0] if call.node.args else None
    match call.scope.value(first) if first is not None else None:
        case Result(Ref("builtins.str"), (inner,)) if inner.site is not None:
            if inner.site.node is handler.node and handler.node.name is not None:
                yield replace_node(call.scope, first, handler.node.name)  # type: ignore[arg-type]
