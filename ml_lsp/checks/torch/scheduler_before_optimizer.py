"""See rules/torch/scheduler-before-optimizer.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.moving import move_behind
from ml_lsp.semantics.body import Loop
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.reach import Act, acts
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.torch.objects import is_managed
from ml_lsp.semantics.torch.schedules import PLATEAU, made_scheduler, scheduled_optimizer, scheduler_class
from ml_lsp.semantics.torch.training import is_step, stepped_optimizer
from ml_lsp.semantics.values import identity
from ml_lsp.text import Edit


def check(loop: Loop, rule: Rule) -> Iterator[Finding]:
    """Report a scheduler that steps in a loop before the optimizer it was made for."""
    for call in loop.own_calls:
        made = made_scheduler(call) if call.method == "step" else None
        optimizer = scheduled_optimizer(made) if made is not None else None
        if optimizer is None or call.node.args or call.node.keywords or scheduler_class(call) == PLATEAU:
            continue
        if not _is_unconditional(loop, call) or is_test_code(loop.scope) or is_managed(loop.scope):
            continue
        steps = [act for act in acts(loop.calls) if is_step(act) and _moves(act, optimizer)]
        if steps and all(call.when < act.when for act in steps):
            name = steps[0].call.scope.text(stepped_optimizer(steps[0])[0])
            yield rule.finding(call.span, edits=_moved(loop, call, steps[-1]), optimizer=name)
            return


def _is_unconditional(loop: Loop, call: Call) -> bool:
    return call.block.node is loop.node


def _moves(act: Act, optimizer: object) -> bool:
    return identity(stepped_optimizer(act)[1]) == identity(optimizer)  # type: ignore[arg-type]


def _moved(loop: Loop, call: Call, step: Act) -> tuple[Edit, ...]:
    """The scheduler's statement behind the statement of the loop that holds the optimizer's step."""
    scope, statement = loop.scope, loop.scope.statement_of(call.node)
    start = scope.span(step.top.node).start
    last = next((s for s in loop.node.body if start in range(*scope.span(s))), None)
    if not isinstance(statement, ast.Expr) or last is None:
        return ()
    return move_behind(scope, statement, last)
