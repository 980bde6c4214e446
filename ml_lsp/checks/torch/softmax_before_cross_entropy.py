"""See rules/torch/softmax-before-cross-entropy.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import pass_unactivated
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.torch.activations import makers
from ml_lsp.semantics.torch.losses import activation_evidence, activation_span, loss_call


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report a cross-entropy whose input has been through softmax or sigmoid."""
    loss = loss_call(call, rule.data["losses"])
    if loss is None:
        return
    found = makers(call.scope, call.scope.value(loss.input))
    if not found or not all(maker.name in rule.data["activations"] for maker in found):
        return
    fed, edits = pass_unactivated(loss, found[0])
    yield rule.finding(
        activation_span(loss, found[0]),
        edits=edits,
        related=activation_evidence(loss, found[0]),
        activation="sigmoid" if found[0].name.lower().endswith("sigmoid") else "softmax",
        replacement=fed,
    )
