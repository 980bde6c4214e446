"""See rules/torch/missing-eval-mode.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import insert_before
from ml_lsp.semantics.body import Body
from ml_lsp.semantics.reach import Act
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.torch.evaluation import Evaluation, Signs, evaluations
from ml_lsp.semantics.torch.mode_layers import ModeLayers
from ml_lsp.semantics.torch.train_mode import run_in_train_mode
from ml_lsp.text import Edit


def check(body: Body, rule: Rule) -> Iterator[Finding]:
    """Report the first call of a model that an evaluation runs in train mode."""
    if is_test_code(body.scope):
        return
    signs, layers = Signs.of(rule.data), ModeLayers.of(rule.data)
    for evaluation in evaluations(body, signs):
        run = run_in_train_mode(evaluation, signs, layers, rule.data["deliberate_names"])
        if run is not None:
            model = run.call.scope.text(run.call.node.func)
            yield rule.finding(run.top.span, edits=_switch_first(evaluation, run, model), model=model)


def _switch_first(evaluation: Evaluation, run: Act, model: str) -> Iterator[Edit]:
    place = evaluation.start(run)
    if place is not None and not run.through and isinstance(run.call.node.func, ast.Name | ast.Attribute):
        yield insert_before(run.top.scope, place, f"{model}.eval()")
