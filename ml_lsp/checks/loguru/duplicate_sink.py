"""See rules/loguru/duplicate-sink.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import insert_before
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.libraries.sinks import changes_of_sinks, sink_of, workspace_changes_sinks
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.torch.recurring import is_optional, recurs
from ml_lsp.text import Edit


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report one sink that is added time after time, and a second sink for the terminal."""
    sink = sink_of(call)
    if sink is None or is_test_code(call.scope):
        return
    changes = list(changes_of_sinks(call.scope.inquiry))
    if (sink.is_terminal or sink.is_fixed) and recurs(call):
        if all(change.scope.name != call.scope.name for change in changes):
            yield rule.finding(call.span, message=rule.data["messages"]["again"])
        return
    if not sink.is_terminal or changes or is_optional(call) or not _is_first(call):
        return
    if not workspace_changes_sinks(call.scope.inquiry):
        yield rule.finding(call.span, edits=_remove_first(call))


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
