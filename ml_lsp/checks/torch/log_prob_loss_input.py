"""See rules/torch/log-prob-loss-input.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding, Severity
from ml_lsp.fixes import add_argument
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.torch.activations import Maker, makers
from ml_lsp.semantics.torch.losses import LossCall, loss_call, serves_only
from ml_lsp.semantics.values import Const
from ml_lsp.text import Edit


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report NLL and KL losses whose input is no log-probability, and KL losses with the odd default mean."""
    data = rule.data
    if call.name is not None and call.name in data["divergences"] and call.name.endswith("Loss"):
        yield from _default_mean(call, 0, rule)
        return
    loss = loss_call(call, (*data["likelihoods"], *data["divergences"]))
    if loss is None:
        return
    input_finding = next(_wrong(loss, loss.input, (*data["probabilities"], *data["raw"]), rule), None)
    if input_finding is not None:
        yield input_finding
    elif loss.name in data["divergences"]:
        found = next(_wrong_target(loss, rule), None)
        if found is not None:
            yield found
        elif call.name is not None:
            yield from _default_mean(call, 2, rule)


def _default_mean(call: Call, first: int, rule: Rule) -> Iterator[Finding]:
    """The mean over all elements, which nobody asked for; `first` is the position of the first option."""
    options = ((first, "size_average"), (first + 1, "reduce"), (first + 2, "reduction"))
    if all(call.lacks(position, name) for position, name in options):
        edits = [add_argument(call, 'reduction="batchmean"')]
        message = rule.data["messages"]["mean"]
        title = 'Add `reduction="batchmean"`'
        yield rule.finding(call.span, edits=edits, message=message, title=title, severity=Severity.WARNING)


def _wrong_target(loss: LossCall, rule: Rule) -> Iterator[Finding]:
    logs = loss.option(3, "log_target")
    if loss.target is None or logs not in (None, Const(False), Const(True)):
        return
    in_logs = logs == Const(True)
    names = rule.data["probabilities"] if in_logs else rule.data["logs"]
    message = rule.data["messages"]["log_target" if in_logs else "target"]
    yield from _wrong(loss, loss.target, names, rule, message)


def _wrong(
    loss: LossCall, node: ast.expr, names: tuple[str, ...], rule: Rule, message: str = ""
) -> Iterator[Finding]:
    """What reaches a loss, if it certainly comes out of one of these activations and layers."""
    scope = loss.call.scope
    found = makers(scope, scope.value(node))
    if not found or any(maker.name not in names for maker in found):
        return
    edits = [] if message else list(_take_the_log(loss, found[0]))
    given = "probabilities" if found[0].name in rule.data["probabilities"] else "raw scores"
    yield rule.finding(scope.span(node), edits=edits, message=message, loss=loss.short_name, given=given)


def _take_the_log(loss: LossCall, maker: Maker) -> Iterator[Edit]:
    """`softmax` to `log_softmax`, where the loss alone uses it."""
    site = maker.site
    if site is None or site.scope is not loss.call.scope or not isinstance(site.node, ast.Call):
        return
    func = site.node.func
    if isinstance(func, ast.Attribute) and func.attr == "softmax" and serves_only(loss, site.node):
        text = site.scope.text(func)
        yield Edit(site.scope.span(func), f"{text.removesuffix('softmax')}log_softmax")
