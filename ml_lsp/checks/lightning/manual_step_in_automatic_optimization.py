"""See rules/lightning/manual-step-in-automatic-optimization.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import delete_statement, replace_node
from ml_lsp.semantics.classes import Class
from ml_lsp.semantics.libraries.lightning import is_lightning_module
from ml_lsp.semantics.libraries.optimization import (
    TrainingStep,
    optimization,
    switch,
    trainers_need_manual_backward,
)
from ml_lsp.semantics.reach import Act
from ml_lsp.text import Edit


def check(class_: Class, rule: Rule) -> Iterator[Finding]:
    """Report what a training step does by hand against Lightning, and what nobody does."""
    if not is_lightning_module(class_) or "training_step" not in class_.methods:
        return
    step = TrainingStep(class_, class_.methods["training_step"])
    match optimization(class_):
        case "automatic":
            yield from _against_lightning(step, rule)
        case "manual":
            yield from _by_nobody(step, rule)
            yield from _past_precision(step, rule)


def _against_lightning(step: TrainingStep, rule: Rule) -> Iterator[Finding]:
    steps, manual = step.steps(), step.manual_backwards()
    if not step.returns_something:
        steps = []
    losses = (
        [act for act in step.plain_backwards() if steps or step.is_loss(act)]
        if step.returns_something
        else []
    )
    consequences = [
        (steps, "updates the weights twice"),
        (manual, "raises MisconfigurationException"),
        (losses, "raises: the graph is freed" if any(map(step.is_loss, losses)) else "is done twice"),
        (step.clears() if steps or manual or losses else [], "is done twice"),
    ]
    for found, consequence in consequences:
        for act in found:
            call = act.call
            edits = _without(step, act)
            text = call.scope.text(call.node)
            yield rule.finding(call.span, edits=edits, call=text, consequence=consequence)


def _without(step: TrainingStep, act: Act) -> Iterator[Edit]:
    """The training step without a statement of its own; its return keeps the block from being empty."""
    scope = step.scope
    statement = scope.statement_of(act.call.node) if act.call.scope is scope else None
    alone = isinstance(statement, ast.Expr) and statement.value is act.call.node
    if alone and statement is not None and step.returns_something and act.call.block is scope.flow.root:
        yield delete_statement(scope, statement)


def _by_nobody(step: TrainingStep, rule: Rule) -> Iterator[Finding]:
    off = switch(step.owner)
    if off is not None and not step.steps() and not step.may_be_stepped_out_of_sight():
        yield rule.finding(off.scope.span(off.node), message=rule.data["messages"]["never_stepped"])


def _past_precision(step: TrainingStep, rule: Rule) -> Iterator[Finding]:
    found = step.plain_backwards()
    if not found or not trainers_need_manual_backward(step.scope.inquiry):
        return
    for act in found:
        scope, node = act.call.scope, act.call.node
        if not isinstance(node.func, ast.Attribute) or scope.self_name is None:
            continue
        given = [node.func.value, *node.args, *node.keywords]
        new = f"{scope.self_name}.manual_backward({', '.join(map(scope.text, given))})"
        message, title = rule.data["messages"]["plain_backward"], "Call `self.manual_backward`"
        edits = [replace_node(scope, node, new)]
        yield rule.finding(act.call.span, edits=edits, title=title, message=message, call=scope.text(node))
