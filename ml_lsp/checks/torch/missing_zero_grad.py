"""See rules/torch/missing-zero-grad.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import insert_before
from ml_lsp.semantics.body import Loop
from ml_lsp.semantics.reach import acts
from ml_lsp.semantics.torch import enclosing_class
from ml_lsp.semantics.training import TrainLoop, clears_gradients, stepped_optimizer, train_loop


def check(loop: Loop, rule: Rule) -> Iterator[Finding]:
    """Report the backward of a training loop that never clears gradients."""
    training = train_loop(loop)
    if training is None or training.is_managed or _clears_somewhere(training):
        return
    backward, step = training.backwards[0], training.steps[0]
    node, _ = stepped_optimizer(step)
    name = step.call.scope.text(node)
    edits = []
    statement = backward.call.scope.statement_of(backward.call.node)
    if not backward.through and not step.through and statement is not None:
        edits = [insert_before(backward.call.scope, statement, f"{name}.zero_grad()")]
    yield rule.finding(backward.call.span, edits=edits, optimizer=name)


def _clears_somewhere(training: TrainLoop) -> bool:
    scope = training.loop.scope
    owner = enclosing_class(scope)
    around = owner.methods.values() if owner else scope.together()
    if any(clears_gradients(act) for here in around for act in acts(here.calls)):
        return True
    return any(clears_gradients(act) for act in training.acts) or any(
        isinstance(event.node, ast.Attribute) and event.node.attr == "grad"
        for event in scope.flow.events
        if event.kind == "store"
    )
