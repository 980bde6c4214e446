"""See rules/loguru/duplicate-sink.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import insert_before
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.libraries.default_sink import has_default_sink
from ml_lsp.semantics.libraries.sinks import Sink, changes_of_sinks, sink_of
from ml_lsp.semantics.results import is_thrown_away
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.torch.recurring import is_optional, recurs
from ml_lsp.text import Edit


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report one sink that is added time after time, and a second sink for the terminal."""
    sink = sink_of(call)
    if sink is None or is_test_code(call.scope):
        return
    if (sink.is_terminal or sink.is_fixed or sink.is_same_each_round) and recurs(call):
        if not _is_taken_away(sink):
            yield rule.finding(call.span, message=rule.data["messages"]["again"])
    elif sink.is_terminal and not is_optional(call) and _is_first(call) and has_default_sink(call):
        yield rule.finding(call.span, edits=_remove_first(call))


def _is_taken_away(sink: Sink) -> bool:
    """Whether the same code removes sinks, or other code may remove this one by what `add` returned."""
    changes = list(changes_of_sinks(sink.call.scope.inquiry))
    if any(change.scope.name == sink.call.scope.name for change in changes):
        return True
    return not is_thrown_away(sink.call) and any(change.node.args for change in changes)


def _is_first(call: Call) -> bool:
    """Whether no terminal is added before, in the same code."""
    before = (other for scope in call.scope.together() for other in scope.calls if other.when < call.when)
    return not any(sink.is_terminal for sink in map(sink_of, before) if sink is not None)


def _remove_first(call: Call) -> tuple[Edit, ...]:
    func, statement = call.node.func, call.scope.statement_of(call.node)
    if statement is None:
        return ()
    receiver = call.scope.text(getattr(func, "value", func))
    return (insert_before(call.scope, statement, f"{receiver}.remove()"),)
