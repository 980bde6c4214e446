"""See rules/torch/clip-before-unscale.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import insert_before
from ml_lsp.semantics.body import Body
from ml_lsp.semantics.torch.scaling import scaled_clips


def check(body: Body, rule: Rule) -> Iterator[Finding]:
    """Report the clip between a scaled backward and the scaler's step."""
    inquiry = body.scope.inquiry
    if not (inquiry.mentions("scale") and inquiry.mentions("backward")):
        return
    for clip in scaled_clips(body, rule.data["clips"]):
        scaler, optimizer = clip.names
        call = clip.clip.top
        statement = call.scope.statement_of(call.node)
        edits = []
        if statement is not None and not clip.step.through:
            edits = [insert_before(call.scope, statement, f"{scaler}.unscale_({optimizer})")]
        yield rule.finding(call.span, edits=edits, scaler=scaler, optimizer=optimizer)
