"""See rules/torch/checkpoint-without-use-reentrant.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import add_argument
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.torch.arms import is_given_in_another_arm
from ml_lsp.semantics.versions import certainly_before


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report activation checkpointing that leaves its kind to a default."""
    if not call.lacks(None, "use_reentrant") or is_test_code(call.scope):
        return
    if certainly_before(call.scope.inquiry.versions, "torch", rule.data["warns_since"]):
        return
    if not is_given_in_another_arm(call, None, "use_reentrant"):  # kept for a PyTorch that has no such thing
        edits = [] if call.has_unpacking else [add_argument(call, "use_reentrant=False")]
        yield rule.finding(call.callee_span, edits=edits, name=call.scope.text(call.node.func))
