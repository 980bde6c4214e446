"""See rules/torch/step-arguments.yaml."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding, Severity
from ml_lsp.fixes import remove_argument
from ml_lsp.semantics import types
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.expected_errors import expects_an_error
from ml_lsp.semantics.torch.objects import is_tensor, written_name
from ml_lsp.semantics.torch.schedules import PLATEAU, scheduler_class
from ml_lsp.semantics.values import Ref

_LBFGS = "torch.optim.LBFGS"


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report steps of schedulers and of LBFGS that do not fit the class."""
    messages, given = rule.data["messages"], [*call.node.args, *(k.value for k in call.node.keywords)]
    scheduler = scheduler_class(call)
    if not given:
        lbfgs = call.receiver is not None and types.class_of(call.scope, call.receiver) == Ref(_LBFGS)
        message = messages["plateau"] if scheduler == PLATEAU else messages["closure"] if lbfgs else ""
        if message and not expects_an_error(call):
            yield rule.finding(call.span, message=message)
        return
    short = (scheduler or "").rpartition(".")[2]
    if scheduler is None or short in rule.data["taking"] or call.has_unpacking or len(given) > 1:
        return
    metric = _is_metric(call, given[0], rule)
    yield rule.finding(
        call.span,
        edits=[remove_argument(call, given[0])],
        message=messages["metric" if metric else "epoch"],
        severity=None if metric else Severity.INFO,
        scheduler=short,
    )


def _is_metric(call: Call, node: ast.expr, rule: Rule) -> bool:
    """Whether an argument is a loss or a metric: by what makes it, or by its name."""
    if isinstance(node, ast.Call):
        name = written_name(node.func)
        made = isinstance(node.func, ast.Attribute) and name == "item"
        return made or name in rule.data["evaluations"]
    words = re.split(r"_|(?<=[a-z])(?=[A-Z])", written_name(node))
    named = any(word.lower().rstrip("s") in rule.data["metrics"] or word.lower() == "loss" for word in words)
    return named or is_tensor(call.scope, call.scope.value(node))
