"""See rules/torch/loss-arguments-swapped.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import replace_node
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.torch.losses import loss_call
from ml_lsp.semantics.torch.outputs import is_output, is_target
from ml_lsp.text import Span


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report a loss that is given the target first and the model's output second."""
    loss = loss_call(call, rule.data["losses"])
    if loss is None or len(call.node.args) < 2 or call.has_unpacking or is_test_code(call.scope):
        return
    first, second = call.node.args[:2]
    scope = call.scope
    if not is_target(scope, scope.value(first)) or not is_output(scope, scope.value(second)):
        return
    edits = [replace_node(scope, first, scope.text(second)), replace_node(scope, second, scope.text(first))]
    span = Span(scope.span(first).start, scope.span(second).end)
    yield rule.finding(span, edits=edits, loss=loss.short_name)
