"""See rules/torch/optimizer-misses-trainable-layer.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.semantics import library
from ml_lsp.semantics.body import Body
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.parameters import trained
from ml_lsp.semantics.submodules import Change, frozen_modules, is_part_of, replaced_layers, thaws
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.training import exclude_each_other
from ml_lsp.semantics.types import is_a
from ml_lsp.semantics.values import Value


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
