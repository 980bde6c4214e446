"""See rules/torch/missing-no-grad.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import add_import
from ml_lsp.rewriting import decorate, wrap_in_with
from ml_lsp.semantics.body import Body
from ml_lsp.semantics.reach import Act
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.torch.evaluation import Evaluation, Signs, evaluations
from ml_lsp.semantics.torch.recording import recorded_run
from ml_lsp.text import Edit


def check(body: Body, rule: Rule) -> Iterator[Finding]:
    """Report the first call of a model in an evaluation that records an autograd graph for nothing."""
    signs = Signs.of(rule.data)
    if is_test_code(body.scope):
        return
    for evaluation in evaluations(body, signs):
        run = recorded_run(evaluation, signs)
        if run is not None:
            yield _finding(evaluation, run, rule)


def _finding(evaluation: Evaluation, run: Act, rule: Rule) -> Finding:
    call = f"{run.call.scope.text(run.call.node.func)}(...)"
    place = evaluation.place(run)
    if place is None:
        return rule.finding(run.top.span, call=call)
    guard, edits = _no_grad(run)
    scope = run.top.scope
    function = isinstance(place, ast.FunctionDef)
    span = (scope.parent or scope).span(place) if function else scope.span(place)
    rewrite = decorate(span, guard) if function else wrap_in_with(span, guard)
    return rule.finding(run.top.span, edits=edits, rewrites=[rewrite], call=call)


def _no_grad(run: Act) -> tuple[str, tuple[Edit, ...]]:
    """How to write `torch.no_grad()` here, with what imports it if nothing does yet."""
    inquiry = run.top.scope.inquiry
    written, edits = add_import(inquiry, "torch", "no_grad")
    if edits:
        module, edits = add_import(inquiry, "torch")
        written = f"{module}.no_grad"
    return f"{written}()", edits
