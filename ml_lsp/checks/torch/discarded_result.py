"""See rules/torch/discarded-result.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.semantics.body import Body
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.expected_errors import expects_an_error
from ml_lsp.semantics.handlers import is_awaited
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.statements import lone_expressions
from ml_lsp.semantics.torch.objects import is_tensor
from ml_lsp.semantics.types import is_a
from ml_lsp.semantics.values import Result, Value, identity
from ml_lsp.syntax.trees import own_name
from ml_lsp.text import Edit, Span


def check(body: Body, rule: Rule) -> Iterator[Finding]:
    """Report a statement that computes a new tensor which nobody takes."""
    for scope in body.scopes:
        for statement in lone_expressions(scope):
            call = scope.call_of(statement.value)
            subject = _subject(call, rule) if call is not None else None
            if call is None or subject is None or _is_probe(call) or _starts_a_device(scope, call, subject):
                continue
            if _is_so_already(call, scope.value(subject)):
                continue
            edits = []
            is_parameter = is_a(scope, scope.value(subject), "torch.nn.Parameter")
            if isinstance(subject, ast.Name | ast.Attribute) and not is_parameter:
                start = call.span.start
                edits = [Edit(Span(start, start), f"{scope.text(subject)} = ")]
            yield rule.finding(call.span, edits=edits, name=own_name(call.node.func))


def _subject(call: Call, rule: Rule) -> ast.expr | None:
    """The tensor of which a call makes a new one; None for other calls."""
    scope, func = call.scope, call.node.func
    if call.name in rule.data["functions"]:
        given = call.argument(0, "input")
        in_place = not call.lacks(None, "out") or call.constant(None, "inplace") not in (None, False)
        return given if given is not None and not in_place and is_tensor(scope, scope.value(given)) else None
    if call.method in rule.data["methods"] and isinstance(func, ast.Attribute):
        receiver = call.receiver
        return func.value if receiver is not None and is_tensor(scope, receiver) else None
    return None


def _starts_a_device(scope: Scope, call: Call, subject: ast.expr) -> bool:
    """Whether a tensor that has no name is moved: nothing is to be kept, the device is to start."""
    return (
        call.method in ("cuda", "to") and isinstance(subject, ast.Call) and scope.call_of(subject) is not None
    )


def _is_so_already(call: Call, tensor: Value) -> bool:
    """Whether a tensor was made with the very dtype or device it is turned into: `torch.zeros(4, dtype=x.dtype)`."""
    if call.method not in ("to", "type") or len(call.node.args) != 1 or call.node.keywords:
        return False
    wanted = identity(call.scope.value(call.node.args[0]))
    made = tensor.keywords if isinstance(tensor, Result) else ()
    return any(name in ("dtype", "device") and identity(given) == wanted for name, given in made)


def _is_probe(call: Call) -> bool:
    """Whether the code runs the operation to see whether, or how fast, it runs."""
    if expects_an_error(call) or is_awaited(call.block):
        return True
    return any(word in call.scope.name.lower() for word in ("bench", "warm", "timeit", "profile", "test"))
