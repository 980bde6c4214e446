"""See rules/torch/scheduler-never-stepped.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.semantics.body import Body
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.reach import acts
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.torch.objects import is_managed
from ml_lsp.semantics.torch.schedules import is_made_here, is_only_looked_at, scheduled_optimizer
from ml_lsp.semantics.torch.training import is_step, stepped_optimizer
from ml_lsp.semantics.values import Result, identity


def check(body: Body, rule: Rule) -> Iterator[Finding]:
    """Report the making of a scheduler that nothing steps, beside an optimizer that steps."""
    for call in body.calls:
        if not is_made_here(call) or is_managed(call.scope) or is_test_code(call.scope):
            continue
        target = _target(call)
        if target is None or not _optimizer_steps(body, call, target):
            continue
        if is_only_looked_at(call.scope, target):
            yield rule.finding(call.callee_span, name=call.scope.text(target))


def _target(call: Call) -> ast.expr | None:
    """The variable, or the attribute of `self`, that the scheduler is assigned to and nothing else."""
    match call.scope.statement_of(call.node):
        case ast.Assign(targets=[ast.Name() as target], value=value) if value is call.node:
            outer = target.id in call.scope.flow.outer_names
            return None if outer else target
        case ast.Assign(targets=[ast.Attribute(value=ast.Name(id=owner)) as target], value=value):
            return target if value is call.node and owner == call.scope.self_name else None
    return None


def _optimizer_steps(body: Body, call: Call, target: ast.expr) -> bool:
    """Whether the optimizer that it is for takes a step in the function, or in a method of the class."""
    made = call.value
    optimizer = scheduled_optimizer(made) if isinstance(made, Result) else None
    if optimizer is None:
        return False
    scopes = [
        *body.scopes,
        *(inner for scope in body.scopes for inner in scope.functions() if scope.is_function),
    ]
    if isinstance(target, ast.Attribute) and call.scope.owner is not None:
        scopes += call.scope.owner.methods.values()
    return any(
        is_step(act) and identity(stepped_optimizer(act)[1]) == identity(optimizer)
        for scope in scopes
        for act in acts(scope.calls)
    )
