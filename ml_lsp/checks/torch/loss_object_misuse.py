"""See rules/torch/loss-object-misuse.yaml."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.semantics.body import Body
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.expected_errors import expects_an_error
from ml_lsp.semantics.torch.instances import constructions
from ml_lsp.semantics.torch.objects import is_module, is_tensor
from ml_lsp.semantics.torch.outputs import is_output, is_target
from ml_lsp.semantics.values import Const, Ref, Result, Value, options
from ml_lsp.text import Edit, Span


def check(body: Body, rule: Rule) -> Iterator[Finding]:
    """Report losses made of tensors, names of losses rebound to their value, vectors sent backward."""
    for call in body.calls:
        yield from _of_call(call, rule)


def _of_call(call: Call, rule: Rule) -> Iterator[Finding]:
    losses, activations = rule.data["losses"], rule.data["activations"]
    if _is_one_of(call, losses) or _is_one_of(call, activations):
        least = 2 if _is_one_of(call, losses) else 1
        if _is_given_tensors(call, least) and not expects_an_error(call):
            yield _made_of_tensors(call, rule)
    elif call.method == "backward" and not call.node.args and not call.node.keywords:
        receiver = call.receiver
        if receiver is not None and all(_is_unreduced(call, option) for option in options(receiver)):
            yield rule.finding(call.span, message=rule.data["messages"]["vector"])
    elif isinstance(call.node.func, ast.Name) and _rebinds_itself(call):
        target = call.node.func.id
        statement = call.scope.statement_of(call.node)
        assert isinstance(statement, ast.Assign), "only an assignment rebinds a name"
        span = call.scope.span(statement.targets[0])
        yield rule.finding(span, message=rule.data["messages"]["rebound"], name=target)


def _is_one_of(call: Call, names: Collection[str]) -> bool:
    return call.scope.inquiry.may_use(names) and call.name in names


def _is_given_tensors(call: Call, least: int) -> bool:
    given = call.node.args
    if call.has_unpacking or len(given) < least:
        return False
    values = [call.scope.value(node) for node in given]
    if len(given) == 1:
        return is_output(call.scope, values[0]) or is_tensor(call.scope, values[0])
    return is_output(call.scope, values[0]) or all(_is_data(call, value) for value in values[:2])


def _is_data(call: Call, value: Value) -> bool:
    return is_tensor(call.scope, value) or is_output(call.scope, value) or is_target(call.scope, value)


def _made_of_tensors(call: Call, rule: Rule) -> Finding:
    end = call.callee_span.end
    simple = not call.node.keywords and call.name not in rule.data["with_options"]
    edits = [Edit(Span(end, end), "()")] if simple else []
    return rule.finding(call.span, edits=edits, name=call.scope.text(call.node.func))


def _is_unreduced(call: Call, value: Value) -> bool:
    """Whether a value is a loss for each element, straight from the criterion."""
    if not isinstance(value, Result):
        return False
    if isinstance(value.callee, Ref):
        is_loss = value.callee.name.startswith("torch.nn.functional.") and "loss" in value.callee.name
        return is_loss and value.keyword("reduction") == Const("none")
    made = constructions(call.scope, value.callee)
    return bool(made) and all(
        isinstance(one.callee, Ref)
        and one.callee.name.startswith("torch.nn.")
        and one.callee.name.endswith("Loss")
        and (one.keyword("reduction") == Const("none") or one.keyword("reduce") == Const(False))
        for one in made
    )


def _rebinds_itself(call: Call) -> bool:
    """Whether a loop calls a module by a name that it then gives the result to."""
    scope, func = call.scope, call.node.func
    load = scope.flow.loads.get(func) if isinstance(func, ast.Name) else None
    own = [d for d in load.definitions if d.kind == "assign" and d.value is call.node] if load else []
    if load is None or not own or own[0].path:
        return False
    before = [definition for definition in load.definitions if definition not in own]
    values = [scope.definition_value(definition) for definition in before]
    if not values and not scope.is_function:
        values = [scope.outer_value(load.node.id)]
    return bool(values) and all(is_module(scope, value) for value in values)
