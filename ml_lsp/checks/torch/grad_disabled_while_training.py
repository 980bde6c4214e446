"""See rules/torch/grad-disabled-while-training.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.semantics.body import Body
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.expected_errors import expects_an_error
from ml_lsp.semantics.mentioning import calls_mentioning
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.targets import target
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.torch.grad_modes import grad_guard
from ml_lsp.semantics.torch.inference_tensors import saved_inference_tensors
from ml_lsp.semantics.values import Attr, Const, Op, Result, Value, options, walk

_SWITCH = "torch.set_grad_enabled"


def check(body: Body, rule: Rule) -> Iterator[Finding]:
    """Report guards around a loss that is backwarded, and switches that are left off."""
    if is_test_code(body.scope):
        return
    reported: set[ast.AST] = set()
    for call in body.calls:
        if call.method == "backward" and not call.node.args and not expects_an_error(call):
            guard = _guard_of_loss(call)
            if guard is not None and guard not in reported:
                reported.add(guard)
                yield from _guarded(call, guard, rule)
    if body.scope.inquiry.mentions("inference_mode"):
        for call, argument in saved_inference_tensors(body):
            text, message = call.scope.text(argument), rule.data["messages"]["inference"]
            yield rule.finding(call.scope.span(argument), message=message, loss=text)
    if body.is_function and body.scope.name != "main":
        yield from _switched(body, rule)


def _guarded(call: Call, guard: ast.expr, rule: Rule) -> Iterator[Finding]:
    assert isinstance(call.node.func, ast.Attribute)
    scope, loss = call.scope, call.scope.text(call.node.func.value)
    within = scope.parent if guard in getattr(scope.node, "decorator_list", ()) else scope
    yield rule.finding((within or scope).span(guard), message=rule.data["messages"]["guarded"], loss=loss)


def _guard_of_loss(call: Call) -> ast.expr | None:
    """What turns autograd off where all of the loss of a backward is computed."""
    assert call.receiver is not None, "backward is a method here"
    guards = [_guard_of(call.scope, option) for option in options(call.receiver)]
    return guards[0] if all(guards) else None


def _guard_of(scope: Scope, loss: Value) -> ast.expr | None:
    """The guard around the step that yields a value, or around the steps before it; None if there is none."""
    if not isinstance(loss, Result | Op) or any(map(_needs_grad, walk(loss))):
        return None  # a loss that the function is given, alone or in a list, has its graph already
    if loss.site is None or loss.site.scope is not scope:
        return None
    statement = scope.statement_of(loss.site.node)
    block = scope.block_of(statement) if statement is not None else None
    guard = grad_guard(scope, block) if block is not None else None
    if guard is not None:
        return None if isinstance(loss, Result) and _may_enable(scope, loss) else guard
    match loss:
        case Result(Attr(owner, _), ()):
            return _guard_of(scope, owner)
        case Op(operands=operands):
            guards = [_guard_of(scope, part) for part in operands if not isinstance(part, Const)]
            return guards[0] if guards and all(guards) else None
    return None


def _needs_grad(value: Value) -> bool:
    return isinstance(value, Result) and (
        value.keyword("requires_grad") is not None
        or (isinstance(value.callee, Attr) and value.callee.name == "requires_grad_")
    )


def _may_enable(scope: Scope, loss: Result) -> bool:
    """Whether a function of the file that computes a loss may switch autograd on again."""
    function = target(scope, loss.callee)
    return function is not None and not function.words.isdisjoint(("enable_grad", "set_grad_enabled"))


def _switched(body: Body, rule: Rule) -> Iterator[Finding]:
    """A switch as a statement of its own that nothing in the function turns back, in a file that trains."""
    switches = [call for call in body.calls if call.name == _SWITCH]
    off = [call for call in switches if call.argument_value(0, "mode") == Const(False)]
    if not off or len(off) < len(switches) or not _trains(body) or _switched_on_elsewhere(body):
        return
    if isinstance(body.scope.statement_of(off[0].node), ast.Expr):
        yield rule.finding(off[0].span, message=rule.data["messages"]["switched"])


def _switched_on_elsewhere(body: Body) -> bool:
    """Whether another function of the file switches autograd itself, as a training epoch does at its start."""
    return any(
        call.name == _SWITCH and call.argument_value(0, "mode") != Const(False)
        for call in calls_mentioning(body.scope.inquiry, "set_grad_enabled")
    )


def _trains(body: Body) -> bool:
    return any(call.method == "backward" for call in calls_mentioning(body.scope.inquiry, "backward"))
