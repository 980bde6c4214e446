"""Which value reaches which loss: calls of loss functions and of criterion objects."""

from __future__ import annotations

import ast
from collections.abc import Collection
from dataclasses import dataclass

from ml_lsp.finding import Related
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.callers import mentions
from ml_lsp.semantics.mentioning import scopes_mentioning
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.torch.activations import Maker
from ml_lsp.semantics.torch.instances import constructions
from ml_lsp.semantics.torch.objects import unwrapped
from ml_lsp.semantics.types import class_of
from ml_lsp.semantics.values import UNKNOWN, Ref, Result, Site, Value
from ml_lsp.text import Span


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

    @property
    def target(self) -> ast.expr | None:
        """What the input is compared with."""
        return self.call.argument(1, "target") or self.call.argument(1, "targets")

    def option(self, position: int, name: str) -> Value | None:
        """An option of the loss, from the function's call or the criterion's making; None if it is not given.

        `position` is its place behind input and target in the function.
        """
        if isinstance(self.call.callee, Ref):
            return self.call.argument_value(position + 2, name)
        return self.criterion.argument(position, name) if self.criterion is not None else UNKNOWN


def loss_call(call: Call, names: Collection[str]) -> LossCall | None:
    """The loss that a call applies, if it is certainly one of these."""
    if not call.scope.inquiry.may_use(names):
        return None
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


def is_applied_here(loss: LossCall, maker: Maker) -> bool:
    """Whether an activation call stands in the function that applies the loss, not inside a model."""
    site = maker.site
    return maker.applied is not None and site is not None and site.scope is loss.call.scope


def activation_span(loss: LossCall, maker: Maker) -> Span:
    """Where an activation before a loss is best shown: its call if it is near, else the loss.s input."""
    site = maker.site
    here = site is not None and is_applied_here(loss, maker)
    return loss.call.scope.span(site.node if here and site is not None else loss.input)


def activation_evidence(loss: LossCall, maker: Maker) -> tuple[Related, ...]:
    """Where the activation or layer stands that an input comes out of, if that is elsewhere."""
    site = maker.site
    if site is None or is_applied_here(loss, maker):
        return ()
    return (site.scope.related(site.node, f"`{site.scope.text(site.node)}`"),)


def criterion_calls(criterion: Result) -> list[Call] | None:
    """All calls of the criterion that a constructor call makes; None if it is used in other ways too."""
    site = criterion.site
    if site is None:
        return None
    direct = site.scope.call_with(site.node)
    if direct is not None:
        return [direct]
    name = _bound_name(site)
    if name is None:
        return None
    found: list[Call] = []
    for scope in scopes_mentioning(site.scope.inquiry, name):
        for node in mentions(scope, name):
            made = constructions(scope, scope.value(node))
            if len(made) == 1 and not _same(made[0].site, site):
                continue  # another object under that name
            call = scope.call_with(node)
            if len(made) != 1 or call is None:
                return None
            found.append(call)
    return found


def _same(one: Site | None, other: Site) -> bool:
    return one is not None and one.node is other.node


def _bound_name(site: Site) -> str | None:
    """The variable or attribute that an object is assigned to, if it is one."""
    statement = site.scope.statement_of(site.node)
    if not isinstance(statement, ast.Assign) or len(statement.targets) != 1:
        return None
    if not _same(unwrapped(site.scope.value(statement.value)).site, site):
        return None
    match statement.targets[0]:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
    return None
