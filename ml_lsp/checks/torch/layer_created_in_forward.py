"""See rules/torch/layer-created-in-forward.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.torch.forwards import is_called_here, runs_at_each_call


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report a layer with weights that is made and called in one run of forward."""
    if not runs_at_each_call(call.scope) or is_test_code(call.scope):
        return
    if any(not call.lacks(None, name) for name in rule.data["weightless"]):
        return
    if is_called_here(call):
        yield rule.finding(call.span, layer=(call.name or "").rpartition(".")[2])
