"""See rules/torch/logits-thresholded-as-probability.yaml."""

from __future__ import annotations

import ast
from collections.abc import Hashable, Iterator
from typing import NamedTuple

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import in_brackets_where_needed, replace_node
from ml_lsp.semantics.body import Body
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.statements import nodes
from ml_lsp.semantics.torch.activations import same_values
from ml_lsp.semantics.torch.logit_models import is_squashed, model_class, scores, trained_for_logits
from ml_lsp.semantics.torch.losses import loss_call
from ml_lsp.semantics.values import Const, Ref, identity
from ml_lsp.text import Edit

_ROUNDING = frozenset({"torch.round", "numpy.round"})


def check(body: Body, rule: Rule) -> Iterator[Finding]:
    """Report a threshold of 0.5 on what a loss that applies the sigmoid takes, here or in another function."""
    losses = rule.data["losses"]
    inquiry = body.scope.inquiry
    if not any(inquiry.mentions(name.rpartition(".")[2]) for name in losses):
        return
    cuts = [cut for scope in body.scopes for cut in _cuts(scope)]
    if not cuts:
        return
    found = (loss for call in body.calls if (loss := loss_call(call, losses)) is not None)
    given = [loss.call.scope.value(loss.input) for loss in found if not is_squashed(loss)]
    logits = {identity(same_values(value)) for value in given}
    models: frozenset[Hashable] | None = None
    for cut in cuts:
        value = scores(cut.scope.value(cut.cut))
        if identity(value) not in logits:
            trained = model_class(cut.scope, value)
            if trained is None:
                continue
            models = trained_for_logits(body.scope, losses) if models is None else models
            if trained not in models:
                continue
        yield rule.finding(cut.scope.span(cut.node), edits=_remedy(cut), remedy="Compare with 0")


class Cut(NamedTuple):
    """An expression `node` that cuts `cut` at one half, which is written at `half` (None if it rounds)."""

    scope: Scope
    node: ast.AST
    cut: ast.expr
    half: ast.expr | None


def _cuts(scope: Scope) -> Iterator[Cut]:
    for node in nodes(scope):
        found = _cut(scope, node)
        if found is not None and (found.half is None or scope.value(found.half) == Const(0.5)):
            yield found


def _cut(scope: Scope, node: ast.AST) -> Cut | None:
    match node:
        case ast.Compare(left=cut, ops=[ast.Gt() | ast.GtE()], comparators=[half]) if _may_be_half(half):
            return Cut(scope, node, cut, half)
        case ast.Compare(left=half, ops=[ast.Lt() | ast.LtE()], comparators=[cut]) if _may_be_half(half):
            return Cut(scope, node, cut, half)
        case ast.Call(func=ast.Attribute(attr="gt" | "ge") as func, args=[cut, half]) if _may_be_half(half):
            return (
                Cut(scope, node, cut, half)
                if scope.value(func) in (Ref("torch.gt"), Ref("torch.ge"))
                else None
            )
        case ast.Call(func=ast.Attribute(value=cut, attr="gt" | "ge"), args=[half]) if _may_be_half(half):
            return Cut(scope, node, cut, half)
        case ast.Call(func=ast.Attribute(value=cut, attr="round"), args=[], keywords=[]):
            return Cut(scope, node, cut, None)
        case ast.Call(func=func, args=[cut]) if getattr(scope.value(func), "name", "") in _ROUNDING:
            return Cut(scope, node, cut, None)
    return None


def _may_be_half(node: ast.expr) -> bool:
    return isinstance(node, ast.Name | ast.Attribute) or (
        isinstance(node, ast.Constant) and node.value == 0.5
    )


def _remedy(cut: Cut) -> list[Edit]:
    scope = cut.scope
    if cut.half is not None:
        return [replace_node(scope, cut.half, "0")]
    if any(isinstance(part, ast.Attribute) and part.attr == "numpy" for part in ast.walk(cut.cut)):
        return []
    if not isinstance(cut.node, ast.Call) or scope.value(cut.node.func) == Ref("numpy.round"):
        return []
    text = in_brackets_where_needed(scope, cut.cut, None)
    return [replace_node(scope, cut.node, f"({text} > 0).float()")]
