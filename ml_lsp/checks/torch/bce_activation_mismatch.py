"""See rules/torch/bce-activation-mismatch.yaml."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import pass_unactivated
from ml_lsp.renaming import rename
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.torch.activations import Maker, makers
from ml_lsp.semantics.torch.losses import (
    LossCall,
    activation_evidence,
    activation_span,
    criterion_calls,
    loss_call,
)
from ml_lsp.semantics.values import Ref, Result
from ml_lsp.text import Edit


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report a binary cross-entropy whose input is known not to be what it needs."""
    loss = loss_call(call, rule.data["logit_losses"])
    if loss is not None:
        maker = _only_from(loss, rule.data["sigmoids"])
        if maker is not None:
            yield _squashed_twice(loss, maker, rule)
        return
    loss = loss_call(call, rule.data["probability_losses"])
    if loss is None:
        return
    maker = _only_from(loss, rule.data["unbounded_layers"])
    if maker is not None:
        yield _never_squashed(loss, maker, "raw logits", _with_logits(loss, rule), rule)
    else:
        maker = _only_from(loss, rule.data["other_activations"])
        if maker is not None:
            activation = maker.name.rpartition(".")[2]
            yield _never_squashed(loss, maker, f"the output of {activation}, no probability", (), rule)


def _only_from(loss: LossCall, names: Collection[str]) -> Maker | None:
    """What the input comes out of, if on all ways it is one of these activations or layers."""
    found = makers(loss.call.scope, loss.call.scope.value(loss.input))
    return found[0] if found and all(maker.name in names for maker in found) else None


def _squashed_twice(loss: LossCall, maker: Maker, rule: Rule) -> Finding:
    span = activation_span(loss, maker)
    fed, edits = pass_unactivated(loss, maker)
    return rule.finding(
        span,
        edits=edits,
        related=activation_evidence(loss, maker),
        loss=loss.short_name,
        needs="raw logits",
        value=_shown(loss),
        given="a sigmoid's output",
        replacement=fed,
    )


def _never_squashed(loss: LossCall, maker: Maker, given: str, edits: tuple[Edit, ...], rule: Rule) -> Finding:
    return rule.finding(
        loss.call.scope.span(loss.input),
        edits=edits,
        related=activation_evidence(loss, maker),
        loss=loss.short_name,
        needs="probabilities",
        value=_shown(loss),
        given=given,
        replacement=rule.data["probability_losses"][loss.name].rpartition(".")[2],
    )


def _shown(loss: LossCall) -> str:
    return " ".join(loss.call.scope.text(loss.input).split())


def _with_logits(loss: LossCall, rule: Rule) -> tuple[Edit, ...]:
    """Edits that use the twin of a loss for logits, where nothing else needs the loss as it is."""
    made, scope, node = loss.criterion, loss.call.scope, loss.call.node.func
    if made is not None and made.site is not None and isinstance(made.site.node, ast.Call):
        scope, node = made.site.scope, made.site.node.func

    def wants_logits(where: Scope, use: ast.expr) -> bool:
        call = where.call_with(use)
        return call is not None and _wants_logits(call, rule)

    if not wants_logits(scope, node):
        return ()
    twin = rule.data["probability_losses"][loss.name].rpartition(".")[2]
    return rename(scope, node, twin, wants_logits)


def _wants_logits(call: Call, rule: Rule) -> bool:
    """Whether a loss, or all calls of the criterion that a call makes, get raw logits."""
    loss = loss_call(call, rule.data["probability_losses"])
    if loss is not None and isinstance(call.callee, Ref):
        return _only_from(loss, rule.data["unbounded_layers"]) is not None
    calls = criterion_calls(call.value) if isinstance(call.value, Result) else None
    losses = [loss_call(one, rule.data["probability_losses"]) for one in calls or ()]
    return bool(losses) and all(
        one is not None and _only_from(one, rule.data["unbounded_layers"]) is not None for one in losses
    )
