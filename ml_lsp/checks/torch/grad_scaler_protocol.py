"""See rules/torch/grad-scaler-protocol.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import insert_after
from ml_lsp.semantics.body import Body
from ml_lsp.semantics.expected_errors import expects_an_error
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.torch.scaler_protocol import Breach, breaches, optimizer_of
from ml_lsp.text import Edit


def check(body: Body, rule: Rule) -> Iterator[Finding]:
    """Report calls that break the order scale, step, update of a gradient scaler."""
    inquiry = body.scope.inquiry
    if is_test_code(body.scope) or not inquiry.pieces("mentions", "GradScaler"):
        return
    for breach in breaches(body):
        if expects_an_error(breach.call):
            continue
        call = breach.call
        scaler = call.scope.text(breach.scaler)
        optimizer = optimizer_of(breach) if call.method == "step" else ""
        message = rule.data["messages"].get(breach.kind.replace(" ", "_"), "")
        yield rule.finding(
            call.span, edits=_edits(breach), message=message, scaler=scaler, optimizer=optimizer
        )


def _edits(breach: Breach) -> Iterator[Edit]:
    scope, call = breach.call.scope, breach.call
    scaler, statement = scope.text(breach.scaler), scope.statement_of(call.node)
    if breach.kind not in ("plain step", "no update") or statement is None:
        return
    if breach.kind == "plain step":
        yield Edit(call.span, f"{scaler}.step({optimizer_of(breach)})")
        updates = (other.method == "update" and other.when > call.when for other in scope.calls)
        if any(updates):
            return
    yield insert_after(scope, statement, f"{scaler}.update()")
