"""See rules/torch/accumulation-not-scaled.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import in_brackets_where_needed, replace_node
from ml_lsp.semantics.body import Loop
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.torch.accumulation import accumulation
from ml_lsp.semantics.torch.training import train_loop


def check(loop: Loop, rule: Rule) -> Iterator[Finding]:
    """Report the backward of a mean loss that adds up over several batches undivided."""
    training = train_loop(loop)
    found = accumulation(training) if training is not None and not is_test_code(loop.scope) else None
    if found is None or found.loss is None or not found.is_unscaled_mean:
        return
    call, loss = found.backward.call, found.loss
    scope, number = call.scope, call.scope.text(found.number)
    divided = f"{in_brackets_where_needed(scope, loss, None)} / {number}"
    in_scale = loss is not getattr(call.node.func, "value", None)
    edits = [replace_node(scope, loss, divided if in_scale else f"({divided})")]
    yield rule.finding(call.span, edits=edits, n=number, loss=scope.text(loss))
