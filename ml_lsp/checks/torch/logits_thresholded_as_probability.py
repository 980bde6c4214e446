"""See rules/torch/logits-thresholded-as-probability.yaml."""

from __future__ import annotations

import ast
from collections.abc import Hashable, Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import in_brackets_where_needed, replace_node
from ml_lsp.semantics.activations import makers, same_values
from ml_lsp.semantics.body import Body
from ml_lsp.semantics.losses import LossCall, loss_call
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.statements import nodes
from ml_lsp.semantics.values import identity


def check(body: Body, rule: Rule) -> Iterator[Finding]:
    """Report a threshold of 0.5 on what a loss that applies the sigmoid takes in the same function."""
    losses = rule.data["losses"]
    inquiry = body.scope.inquiry
    if not any(inquiry.mentions(name.rpartition(".")[2]) for name in losses):
        return
    found = (loss for call in body.calls if (loss := loss_call(call, losses)) is not None)
    given = [loss.call.scope.value(loss.input) for loss in found if not _is_squashed(loss)]
    logits = {identity(same_values(value)) for value in given}
    for scope in body.scopes if logits else ():
        yield from _thresholds(scope, logits, rule)


def _is_squashed(loss: LossCall) -> bool:
    """Whether the input has been through a sigmoid: then the loss is wrong, and the threshold is right."""
    found = makers(loss.call.scope, loss.call.scope.value(loss.input))
    return any(maker.name.lower().endswith("sigmoid") for maker in found)


def _thresholds(scope: Scope, logits: set[Hashable], rule: Rule) -> Iterator[Finding]:
    for node in nodes(scope):
        compared, half = _compared(scope, node)
        if compared is None or identity(same_values(scope.value(compared))) not in logits:
            continue
        if half is not None:
            edit, remedy = replace_node(scope, half, "0"), "Compare with 0"
        else:
            text = in_brackets_where_needed(scope, compared, None)
            edit, remedy = replace_node(scope, node, f"({text} > 0).float()"), "Compare with 0"
        yield rule.finding(scope.span(node), edits=[edit], remedy=remedy)


def _compared(scope: Scope, node: ast.AST) -> tuple[ast.expr | None, ast.expr | None]:
    """What a node cuts at one half, and where the half is written (None if it rounds)."""
    match node:
        case ast.Compare(
            left=left, ops=[ast.Gt() | ast.GtE()], comparators=[ast.Constant(value=0.5) as half]
        ):
            return left, half
        case ast.Call(
            func=ast.Attribute(value=left, attr="gt" | "ge"), args=[ast.Constant(value=0.5) as half]
        ):
            return left, half
        case ast.Call(func=func, args=[left]) if getattr(scope.value(func), "name", "") == "torch.round":
            return left, None
        case ast.Call(func=ast.Attribute(value=left, attr="round"), args=[], keywords=[]):
            return left, None
    return None, None
