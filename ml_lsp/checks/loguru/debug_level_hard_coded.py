"""See rules/loguru/debug-level-hard-coded.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding, Related
from ml_lsp.semantics.body import loop_around
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.semantics.libraries.loguru import messages
from ml_lsp.semantics.libraries.long_running import (
    grows_without_bound,
    is_service,
    logging_modules,
    messages_of_work,
)
from ml_lsp.semantics.libraries.sinks import Sink, sink_of
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.text import Span


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report a sink that writes what a long-running program logs at debug level in a loop."""
    sink = sink_of(call)
    if sink is None or sink.says("rotation") or sink.says("filter") or is_test_code(call.scope):
        return
    path = call.scope.inquiry.module.path
    span = _detailed(sink, rule)
    if span is None or path.suffix == ".ipynb" or "debug" in path.stem.lower():
        return
    message = next(_debug_messages(call.scope.inquiry, tuple(rule.data["methods"])), None)
    if message is not None and not call.scope.inquiry.deployment("LOGURU_LEVEL"):
        related: list[Related] = [message.scope.related(message.node, "logged each time round the loop")]
        yield rule.finding(span, related=related)


def _detailed(sink: Sink, rule: Rule) -> Span | None:
    """Where the level is written that lets debug messages through; the whole call if it is the default."""
    level = sink.call.argument(None, "level")
    if level is None:
        implicit = sink.is_file and not sink.says("level") and not grows_without_bound(sink)
        return sink.call.span if implicit else None
    fixed = isinstance(level, ast.Constant) and level.value in rule.data["levels"]
    return sink.call.argument_span(None, "level") if fixed else None


def _debug_messages(inquiry: Inquiry, methods: tuple[str, ...]) -> Iterator[Call]:
    for module in logging_modules(inquiry):
        yield from messages_of_work(module, methods)
        if is_service(module):
            yield from (call for call in messages(module, methods) if loop_around(call) is not None)
