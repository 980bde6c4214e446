"""See rules/torch/missing-zero-grad.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import insert_before
from ml_lsp.semantics.body import Loop
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.torch.clearing import clears_somewhere
from ml_lsp.semantics.torch.training import TrainLoop, stepped_optimizer, train_loop
from ml_lsp.text import Edit


def check(loop: Loop, rule: Rule) -> Iterator[Finding]:
    """Report the backward of a training loop that never clears gradients."""
    training = train_loop(loop)
    if training is None or training.is_managed or training.runs_once or is_test_code(loop.scope):
        return
    for step in training.steps:
        node, optimizer = stepped_optimizer(step)
        if not training.makes(optimizer) and not clears_somewhere(training, optimizer):
            name = step.call.scope.text(node)
            edits = [] if step.through else list(_clear_first(training, name))
            yield rule.finding(training.backwards[0].top.span, edits=edits, optimizer=name)
            return


def _clear_first(training: TrainLoop, optimizer: str) -> Iterator[Edit]:
    backward = training.backwards[0].top
    statement = training.statement_of(backward)
    if statement is not None:
        yield insert_before(backward.scope, statement, f"{optimizer}.zero_grad()")
