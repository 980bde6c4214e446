"""See rules/loguru/file-sink-not-enqueued.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding, Related
from ml_lsp.fixes import add_argument, replace_node
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.libraries.sinks import Sink, sink_of
from ml_lsp.semantics.processes import is_remote, starts_processes, tells_processes_apart
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.values import Const
from ml_lsp.text import Edit


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report a file to which several processes of the program append at once."""
    sink = sink_of(call)
    if sink is None or not sink.is_file or is_test_code(call.scope) or _is_enqueued(call):
        return
    if tells_processes_apart(sink.text) or _is_of_one_process(sink):
        return
    start = next(starts_processes(call.scope.inquiry, rule.data["starters"]), None)
    if start is not None or is_remote(call.scope):
        related: list[Related] = []
        if start is not None:
            related.append(start.scope.related(start.node, "several processes run this program"))
        yield rule.finding(call.span, edits=_enqueue(call), related=related)


def _is_enqueued(call: Call) -> bool:
    given = call.argument_value(None, "enqueue")
    return given != Const(False) if given is not None else not call.lacks(None, "enqueue")


def _is_of_one_process(sink: Sink) -> bool:
    """Whether a condition around the call, or one before it that returns, lets one process through."""
    call = sink.call
    around = [block.node for block in call.block.chain() if isinstance(block.node, ast.If)]
    before = [
        node
        for node in call.scope.flow.blocks
        if isinstance(node, ast.If) and any(isinstance(inner, ast.Return) for inner in ast.walk(node))
    ]
    decorators = getattr(call.scope.node, "decorator_list", [])
    texts = [call.scope.text(node.test) for node in (*around, *before)]
    return any(map(tells_processes_apart, [*texts, *(ast.unparse(one) for one in decorators)]))


def _enqueue(call: Call) -> tuple[Edit, ...]:
    given = call.argument(None, "enqueue")
    if given is not None:
        return (replace_node(call.scope, given, "True"),)
    return () if call.has_unpacking else (add_argument(call, "enqueue=True"),)
