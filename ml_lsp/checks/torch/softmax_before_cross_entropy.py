"""See rules/torch/softmax-before-cross-entropy.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding, Related
from ml_lsp.fixes import replace_by_part
from ml_lsp.semantics.activations import Maker, makers
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.losses import LossCall, loss_call, serves_only


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report a cross-entropy whose input has been through softmax or sigmoid."""
    loss = loss_call(call, rule.data["losses"])
    if loss is None:
        return
    found = makers(call.scope, call.scope.value(loss.input))
    if found and all(maker.name in rule.data["activations"] for maker in found):
        yield _finding(loss, found[0], rule)


def _finding(loss: LossCall, maker: Maker, rule: Rule) -> Finding:
    scope, site = loss.call.scope, maker.site
    assert site is not None, "an activation stands somewhere"
    activation = "sigmoid" if maker.name.lower().endswith("sigmoid") else "softmax"
    if site.scope is not scope or maker.applied is None:
        related = [Related(site.scope.span(site.node), f"the {activation}")]
        return rule.finding(scope.span(loss.input), related=related, activation=activation)
    edits, fed = [], maker.fed
    if fed is not None and serves_only(loss, site.node):
        edits = [replace_by_part(scope, site.node, fed)]
    replacement = scope.text(fed) if fed is not None else ""
    return rule.finding(scope.span(site.node), edits=edits, activation=activation, replacement=replacement)
