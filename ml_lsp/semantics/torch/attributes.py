"""Tensors that a class keeps in `self`: where they are set, and what else happens to them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from ml_lsp.semantics import library
from ml_lsp.semantics.classes import Class
from ml_lsp.semantics.mentioning import calls_mentioning, scopes_mentioning
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.statements import nodes
from ml_lsp.semantics.torch.objects import written_name
from ml_lsp.semantics.values import Value

_OWN_ITERATORS = ("parameters", "named_parameters", "configure_optimizers", "_apply", "to", "cuda")


@dataclass(frozen=True, eq=False)
class Stored:
    """A statement `self.name = node` in a method."""

    scope: Scope
    statement: ast.AST
    name: str
    node: ast.expr

    @property
    def value(self) -> Value:
        """What is stored."""
        return self.scope.value(self.node)


def stored(own: Class) -> Iterator[Stored]:
    """The plain assignments to attributes of the instance in the methods of a class."""
    for method in own.methods.values():
        for statement in method.flow.blocks:
            for target, node in _pairs(statement):
                match target:
                    case ast.Attribute(value=ast.Name(id=owner), attr=name) if owner == method.self_name:
                        yield Stored(method, statement, name, node)


def _pairs(statement: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    match statement:
        case ast.Assign(targets=[ast.Tuple(elts=targets)], value=ast.Tuple(elts=values)):
            yield from zip(targets, values, strict=False)
        case ast.Assign(targets=[target], value=value):
            yield target, value


def is_read_elsewhere(own: Class, found: Stored) -> bool:
    """Whether a method other than the one that sets an attribute reads it."""
    return any(
        isinstance(node, ast.Attribute) and node.attr == found.name and isinstance(node.ctx, ast.Load)
        for method in own.methods.values()
        if method is not found.scope and found.name in method.words
        for node in nodes(method)
    )


def is_looked_after(own: Class, found: Stored) -> bool:
    """Whether a class registers an attribute otherwise, says itself what its parameters are, or moves it."""
    methods = [method for one in own.lineage() for method in one.methods.values()]
    if any(method.name in _OWN_ITERATORS for method in methods) or own.is_a(library.LIGHTNING_MODULE):
        return True
    for method in methods:
        for call in method.calls:
            by_name = call.method in ("register_buffer", "register_parameter", "setattr")
            if by_name and call.constant(0, "name") == found.name:
                return True
    return len(own.assignments(found.name)) > 1


def goes_to_optimizer(found: Stored) -> bool:
    """Whether code of the module hands the attribute to an optimizer, or differentiates for it."""
    for call in calls_mentioning(found.scope.inquiry, found.name):
        name = call.name or ""
        takes = name.startswith("torch.autograd.") or library.is_a(name, library.OPTIMIZER)
        if takes and any(_is_named(node, found.name) for node in ast.walk(call.node)):
            return True
    return False


def is_handed_out(own: Class, found: Stored) -> bool:
    """Whether others get the attribute itself: they read it (`self.a = loss_fn.a`), or a method returns it."""
    returned = (
        node.value
        for method in own.methods.values()
        if method.name != "forward"
        for node in nodes(method)
        if isinstance(node, ast.Return)
    )
    if any(_is_named(part, found.name) for value in returned for part in _parts(value)):
        return True
    inquiry = found.scope.inquiry
    return any(
        isinstance(node, ast.Attribute)
        and node.attr == found.name
        and isinstance(node.ctx, ast.Load)
        and written_name(node.value) != scope.self_name
        for here in (inquiry, *inquiry.importers())
        for scope in scopes_mentioning(here, found.name)
        for node in nodes(scope)
    )


def _parts(value: ast.expr | None) -> Iterator[ast.AST]:
    match value:
        case ast.List(elts=elements) | ast.Tuple(elts=elements) | ast.Dict(values=elements):
            yield from elements
        case ast.expr():
            yield value


def is_differentiated_by_hand(own: Class) -> bool:
    """Whether a class asks for gradients itself, as an attack does that steps a perturbation."""
    methods = (method for one in own.lineage() for method in one.methods.values())
    return any(call.name == "torch.autograd.grad" for method in methods for call in method.calls)


def _is_named(node: ast.AST, name: str) -> bool:
    return isinstance(node, ast.Attribute) and node.attr == name
