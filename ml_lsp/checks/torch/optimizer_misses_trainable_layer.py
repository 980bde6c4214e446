"""See rules/torch/optimizer-misses-trainable-layer.yaml."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.semantics import library
from ml_lsp.semantics.body import Body
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.torch.modules import has_state
from ml_lsp.semantics.torch.objects import last_name, unwrapped
from ml_lsp.semantics.torch.parameters import are_apart, trained
from ml_lsp.semantics.torch.submodules import Change, frozen_modules, is_part_of, replaced_layers, thaws
from ml_lsp.semantics.torch.training import exclude_each_other
from ml_lsp.semantics.types import class_of, is_a
from ml_lsp.semantics.values import Global, Local, Ref, Value, identity

_LOSS = re.compile(r"loss|crit|objective", re.IGNORECASE)


def check(body: Body, rule: Rule) -> Iterator[Finding]:
    """Report layers that an optimizer was made too early for, and freezing of all that it holds."""
    if is_test_code(body.scope):
        return
    made = [call for call in body.calls if _makes_optimizer(call)]
    for call in made:
        owners = trained(call.scope, call.value)
        if owners:
            yield from _replaced(body, call, owners, made, rule)
            yield from _frozen(body, call, owners, rule)
            if len(made) == 1:
                yield from _other_model(body, call, owners, rule)


def _makes_optimizer(call: Call) -> bool:
    name = call.name or ""
    return library.is_a(name, library.OPTIMIZER) and name != library.OPTIMIZER


def _name(call: Call) -> str:
    statement = call.scope.statement_of(call.node)
    target = statement.targets[0] if isinstance(statement, ast.Assign) else call.node.func
    return call.scope.text(target)


def _replaced(
    body: Body, made: Call, owners: tuple[Value, ...], all_made: list[Call], rule: Rule
) -> Iterator[Finding]:
    for change in (*replaced_layers(body), *_resized(body, rule)):
        if change.when < made.when or not any(is_part_of(change.owner, owner) for owner in owners):
            continue
        if any(other.when > made.when and other is not made for other in all_made if _shares(other, owners)):
            continue
        block = change.scope.block_of(change.scope.statement_of(change.node) or change.node)
        apart = block is not None and exclude_each_other(made.block, block)
        if not apart and not any(call.method == "add_param_group" for call in body.calls):
            message = rule.data["messages"]["replaced"]
            yield rule.finding(change.scope.span(change.node), message=message, optimizer=_name(made))
            return


def _shares(other: Call, owners: tuple[Value, ...]) -> bool:
    """Whether another optimizer may hold some of the same modules."""
    others = trained(other.scope, other.value)
    return others is None or any(
        is_part_of(one, owner) or is_part_of(owner, one) for one in others for owner in owners
    )


def _resized(body: Body, rule: Rule) -> Iterator[Change]:
    for call in body.calls:
        if call.method not in rule.data["resizing"] or call.receiver is None:
            continue
        if is_a(call.scope, call.receiver, library.MODULE):
            yield Change(call.scope, call.node, call.receiver)


def _frozen(body: Body, made: Call, owners: tuple[Value, ...], rule: Rule) -> Iterator[Finding]:
    for change in frozen_modules(body):
        if not all(is_part_of(owner, change.owner) for owner in owners) or thaws(body):
            continue
        later = (other for other in replaced_layers(body) if is_part_of(other.owner, change.owner))
        if not any(later):
            statement = change.scope.statement_of(change.node) or change.node
            message = rule.data["messages"]["frozen"]
            yield rule.finding(change.scope.span(statement), message=message, optimizer=_name(made))
            return


def _other_model(body: Body, made: Call, owners: tuple[Value, ...], rule: Rule) -> Iterator[Finding]:
    """Where the only model that runs before a backward was made apart from those that the optimizer holds."""
    if not any(call.method == "backward" for call in body.calls) or not any(_steps(body, made)):
        return
    run = {identity(model): (call, model) for call in body.calls if (model := _model(call)) is not None}
    if len(run) != 1 or any(call.method == "add_param_group" for call in body.calls):
        return
    ((call, model),) = run.values()
    apart = all(are_apart(made.scope, model, owner) and has_state(made.scope, owner) for owner in owners)
    if apart and not any(_is_built_in(body, owner) for owner in owners):
        related = [call.scope.related(call.node, "this is the model that is trained")]
        message, holds = rule.data["messages"]["other"], made.scope.text(made.node)
        yield rule.finding(
            made.span, related=related, message=message, optimizer=_name(made), holds=holds,
            model=call.scope.text(call.node.func),
        )  # fmt: skip


def _is_built_in(body: Body, owner: Value) -> bool:
    """Whether a module is kept in another object or handed to a call, which may make it a part of the model."""
    target = identity(unwrapped(owner))
    for scope in body.scopes:
        for event in scope.flow.events:
            if event.kind == "store" and isinstance(event.node, ast.Attribute | ast.Subscript):
                value = getattr(scope.statement_of(event.node), "value", None)
                if value is not None and identity(unwrapped(scope.value(value))) == target:
                    return True
        for call in scope.calls:
            if any(identity(unwrapped(scope.value(node))) == target for node in call.node.args):
                return True
    return False


def _steps(body: Body, made: Call) -> Iterator[bool]:
    for call in body.calls:
        if call.method == "step" and call.receiver is not None:
            yield call.receiver.site is not None and call.receiver.site.node is made.node


def _model(call: Call) -> Value | None:
    """The module with weights that a call runs where autograd may record; what may be one counts."""
    callee = unwrapped(call.callee)
    if isinstance(callee, Ref | Global | Local) or (call.method is not None and not _is_attribute(call)):
        return None
    if _LOSS.search(last_name(callee)):
        return None
    found = class_of(call.scope, callee)
    return None if found is not None and not has_state(call.scope, callee) else callee


def _is_attribute(call: Call) -> bool:
    """Whether `x.y(...)` calls a part of a module, not a method."""
    return is_a(call.scope, call.callee, library.MODULE)
