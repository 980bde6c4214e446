"""Which value reaches which loss: calls of loss functions and of criterion objects."""

from __future__ import annotations

import ast
from collections.abc import Collection
from dataclasses import dataclass

from ml_lsp.semantics.call import Call
from ml_lsp.semantics.instances import constructions
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.types import class_of
from ml_lsp.semantics.values import Ref, Result


@dataclass(frozen=True, eq=False)
class LossCall:
    """A loss applied to an input and a target.

    `name` is the function or the criterion class; `criterion` is the call that made the criterion object,
    None for a function or if several may have made it.
    """

    call: Call
    name: str
    input: ast.expr
    criterion: Result | None = None

    @property
    def short_name(self) -> str:
        """The name without its module: `BCELoss`."""
        return self.name.rpartition(".")[2]


def loss_call(call: Call, names: Collection[str]) -> LossCall | None:
    """The loss that a call applies, if it is certainly one of these."""
    given = call.argument(0, "input") or call.argument(0, "inputs")
    if given is None or isinstance(given, ast.Starred) or not _has_target(call.node):
        return None
    callee = call.callee
    if isinstance(callee, Ref):
        return LossCall(call, callee.name, given) if callee.name in names else None
    found = class_of(call.scope, callee)
    if not isinstance(found, Ref) or found.name not in names:
        return None
    made = constructions(call.scope, callee)
    return LossCall(call, found.name, given, made[0] if len(made) == 1 else None)


def _has_target(node: ast.Call) -> bool:
    return len(node.args) > 1 or any(keyword.arg in ("target", "targets") for keyword in node.keywords)


def serves_only(loss: LossCall, node: ast.AST) -> bool:
    """Whether what is computed at `node`, in the same function, is used by the input of the loss alone."""
    scope = loss.call.scope
    if _within(scope, node, loss.input):
        return True
    statement = scope.statement_of(node)
    if not isinstance(statement, ast.Assign) or not isinstance(statement.targets[0], ast.Name):
        return False
    name = statement.targets[0].id
    loads = [
        load
        for load in scope.flow.loads_of.get(name, ())
        if any(definition.node is statement for definition in load.definitions)
    ]
    here = all(_within(scope, load.node, loss.input) for load in loads)
    return here and len(statement.targets) == 1 and scope.is_function


def _within(scope: Scope, node: ast.AST, outer: ast.AST) -> bool:
    start, end = scope.tree.span(node)
    around = scope.tree.span(outer)
    return around.start <= start and end <= around.end
