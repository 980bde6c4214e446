"""See rules/torch/fp16-without-grad-scaler.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding, Related
from ml_lsp.fixes import add_argument, replace_node
from ml_lsp.semantics.body import Body
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.torch.half_precision import (
    feeds_backward,
    half_models,
    is_float16_autocast,
    optimizer_of,
    rounds_away,
    scales_the_loss,
    training_acts,
)
from ml_lsp.text import Edit


def check(body: Body, rule: Rule) -> Iterator[Finding]:
    """Report training in float16 in which nothing scales the loss."""
    casts = [call for call in body.calls if is_float16_autocast(call, rule.data["autocasts"])]
    halves = [found for scope in body.scopes for found in half_models(scope)]
    if not (casts or halves) or is_test_code(body.scope) or scales_the_loss(body.scope.inquiry):
        return
    row = training_acts(body)
    for call in casts:
        if feeds_backward(call, row):
            yield rule.finding(call.span, edits=_bfloat16(call))
    for call, model in halves if row else ():
        optimizer = optimizer_of(call.scope, model)
        if optimizer is not None and optimizer.when > call.when and rounds_away(optimizer):
            related = [Related(optimizer.span, "this optimizer divides by an eps that is 0 in float16")]
            yield rule.finding(call.span, related=related, message=rule.data["messages"]["weights"])


def _bfloat16(call: Call) -> Iterator[Edit]:
    dtype = call.argument(1, "dtype")
    text = call.scope.text(call.node.func).partition(".")[0] if dtype is None else call.scope.text(dtype)
    if dtype is None and text == "torch":
        yield add_argument(call, "dtype=torch.bfloat16")
    elif dtype is not None and text.rpartition(".")[0]:
        yield replace_node(call.scope, dtype, f"{text.rpartition('.')[0]}.bfloat16")
