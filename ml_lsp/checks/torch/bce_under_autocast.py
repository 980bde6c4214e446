"""See rules/torch/bce-under-autocast.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.expected_errors import expects_an_error
from ml_lsp.semantics.torch.autocasting import is_under_cuda_autocast
from ml_lsp.semantics.torch.losses import loss_call


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report a binary cross-entropy on probabilities in an autocast block."""
    if not is_under_cuda_autocast(call):
        return
    loss = loss_call(call, rule.data["losses"])
    if loss is not None and not expects_an_error(call):
        yield rule.finding(call.span, loss=loss.short_name)
