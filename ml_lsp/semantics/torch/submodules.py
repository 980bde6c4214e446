"""Parts of modules: what is replaced in a module after it was made, and what is frozen."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from ml_lsp.semantics import library
from ml_lsp.semantics.body import Body
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.torch.modules import has_state
from ml_lsp.semantics.torch.objects import unwrapped
from ml_lsp.semantics.types import class_of
from ml_lsp.semantics.values import (
    Attr,
    Const,
    Display,
    Element,
    Item,
    Ref,
    Result,
    Star,
    Value,
    identity,
)


@dataclass(frozen=True, eq=False)
class Change:
    """A place that changes a module: `node` is where, `owner` the module, or the part of it, that changes."""

    scope: Scope
    node: ast.AST
    owner: Value

    @property
    def when(self) -> tuple[int, int]:
        """When it happens: comparable among the calls of one body."""
        return self.scope.piece, self.scope.flow.order_of[self.node]


def is_part_of(value: Value, whole: Value) -> bool:
    """Whether a value is a module, or an attribute or item below it."""
    target = identity(whole)
    while True:
        value = unwrapped(value)
        if identity(value) == target:
            return True
        if not isinstance(value, Attr | Item):
            return False
        value = value.owner


def replaced_layers(body: Body) -> Iterator[Change]:
    """Where a layer with parameters of its own replaces a part of a module: `model.fc = nn.Linear(...)`."""
    for scope in body.scopes:
        for event in scope.flow.events:
            if event.kind != "store" or not isinstance(event.node, ast.Attribute | ast.Subscript):
                continue
            statement = scope.statement_of(event.node)
            if not isinstance(statement, ast.Assign) or statement.targets != [event.node]:
                continue
            if _is_new_layer(scope, scope.value(statement.value)):
                yield Change(scope, event.node, scope.value(event.node.value))


def _is_new_layer(scope: Scope, value: Value) -> bool:
    """Whether a value is a layer of torch made here, of nothing that was there before, with parameters."""
    match value:
        case Result(Ref(name), args) if name.startswith("torch.nn.") and library.is_a(name, library.MODULE):
            return has_state(scope, value) and not any(_holds_module(scope, arg) for arg in args)
    return False


def _holds_module(scope: Scope, value: Value) -> bool:
    """Whether an argument is, or may hold, a module that is not made right there."""
    match value:
        case Display(items=items):
            return any(_holds_module(scope, item) for item in items)
        case Star(of):
            return _holds_module(scope, of)
        case Result(Ref(name), args) if name.startswith("torch.nn."):
            return any(_holds_module(scope, arg) for arg in args)
        case Attr(_, name) if name.endswith(("_features", "_channels", "_dim", "_size", "classes")):
            return False
    found = class_of(scope, value)
    if isinstance(found, Ref) and found.name.startswith("builtins."):
        return False
    return found is not None or isinstance(value, Attr | Item)


def frozen_modules(body: Body) -> Iterator[Change]:
    """Where all parameters of a module are frozen: in a plain loop, or by `requires_grad_(False)`."""
    for scope in body.scopes:
        for event in scope.flow.events:
            match event.node:
                case ast.Attribute(value=ast.Name() as name, attr="requires_grad") if event.kind == "store":
                    statement = scope.statement_of(event.node)
                    owner = _iterated(scope.value(name))
                    guarded = not isinstance(event.block.node, ast.For)
                    value = scope.value(statement.value) if isinstance(statement, ast.Assign) else None
                    if owner is not None and value == Const(False) and not guarded:
                        yield Change(scope, event.node, owner)
                case ast.Call(
                    func=ast.Attribute(value=module, attr="requires_grad_"), args=[ast.Constant(value=False)]
                ):
                    yield Change(scope, event.node, scope.value(module))


def _iterated(value: Value) -> Value | None:
    """The module whose parameters a loop variable runs over."""
    match value:
        case Element(Result(Attr(owner, "parameters"), ())):
            return owner
        case Item(Element(Result(Attr(owner, "named_parameters"), ())), Const(1)):
            return owner
    return None


def thaws(body: Body) -> bool:
    """Whether anything in a body makes, or may make, parameters trainable again."""
    for scope in body.scopes:
        for event in scope.flow.events:
            match event.node:
                case ast.Attribute(attr="requires_grad") if event.kind == "store":
                    statement = scope.statement_of(event.node)
                    if not isinstance(statement, ast.Assign) or scope.value(statement.value) != Const(False):
                        return True
                case ast.Call(func=ast.Attribute(attr="requires_grad_"), args=args):
                    if not args or scope.value(args[0]) != Const(False):
                        return True
    return False
