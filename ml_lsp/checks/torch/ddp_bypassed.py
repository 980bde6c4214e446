"""See rules/torch/ddp-bypassed.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import replace_node
from ml_lsp.semantics.body import Loop
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.reach import Act
from ml_lsp.semantics.torch.graph import upstream
from ml_lsp.semantics.torch.guards import is_unguarded
from ml_lsp.semantics.torch.replicas import Wrapping, inner_call, wrappings
from ml_lsp.semantics.torch.training import TrainLoop, train_loop

_BY_HAND = ("all_reduce", "all_reduce_coalesced", "average_gradients", "reduce_gradients")


def check(loop: Loop, rule: Rule) -> Iterator[Finding]:
    """Report the forward of a training loop that goes past the DDP wrapper of its model."""
    if not loop.scope.inquiry.mentions("DistributedDataParallel"):
        return
    training = train_loop(loop)
    if training is None or training.is_managed or any(map(_reduces, training.acts)):
        return
    wrapped = wrappings(loop)
    differentiated = _differentiated(training)
    for call in loop.calls:
        found = inner_call(call, wrapped)
        if found is not None and call.node in differentiated and is_unguarded(Act(call)):
            yield _finding(call, found, rule)
            return


def _finding(call: Call, found: Wrapping, rule: Rule) -> Finding:
    inner, node = call.node.func, None
    if isinstance(inner, ast.Attribute) and inner.attr == "forward":
        inner = inner.value
    if isinstance(inner, ast.Attribute) and inner.attr == "module":
        node = inner.value
    edits = [replace_node(call.scope, call.node.func, call.scope.text(node))] if node is not None else []
    wrapper = call.scope.text(node) if node is not None else found.name
    return rule.finding(call.span, edits=edits, related=found.related, wrapper=wrapper)


def _reduces(act: Act) -> bool:
    return (
        act.call.node.func is not None
        and (act.call.method or act.call.name or "").rpartition(".")[2] in _BY_HAND
    )


def _differentiated(training: TrainLoop) -> set[ast.AST]:
    """The calls whose results the loss is made of."""
    return {
        value.site.node
        for act in training.backwards
        if act.receiver is not None
        for value in upstream(act.receiver)
        if value.site is not None
    }
