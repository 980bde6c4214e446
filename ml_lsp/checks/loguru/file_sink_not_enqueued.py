"""See rules/loguru/file-sink-not-enqueued.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import add_argument, replace_node
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.libraries.processes import shared_by_processes
from ml_lsp.semantics.libraries.sinks import sink_of
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.values import Const
from ml_lsp.text import Edit


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report a file to which several processes of the program append at once."""
    sink = sink_of(call)
    if sink is None or not sink.is_file or is_test_code(call.scope) or _is_enqueued(call):
        return
    evidence = next(shared_by_processes(call, sink.node, rule.data["starters"]), None)
    if evidence is not None:
        yield rule.finding(call.span, edits=_enqueue(call), related=[evidence])


def _is_enqueued(call: Call) -> bool:
    given = call.argument_value(None, "enqueue")
    return given != Const(False) if given is not None else not call.lacks(None, "enqueue")


def _enqueue(call: Call) -> tuple[Edit, ...]:
    given = call.argument(None, "enqueue")
    if given is not None:
        return (replace_node(call.scope, given, "True"),)
    return () if call.has_unpacking else (add_argument(call, "enqueue=True"),)
