"""A class as checks see it: bases, methods, and what its attributes hold."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from ml_lsp.semantics.facts import facts
from ml_lsp.semantics.values import Global, Local, Ref, Value
from ml_lsp.syntax.trees import tree
from ml_lsp.text import Span

if TYPE_CHECKING:
    from ml_lsp.semantics.inquiry import Inquiry
    from ml_lsp.semantics.scope import Scope


@dataclass(frozen=True, eq=False)
class Assignment:
    """A place that sets an attribute of the instance (or of the class, at class level)."""

    scope: Scope
    node: ast.AST
    target: ast.AST
    value: ast.expr | None


@dataclass(eq=False)
class Class:
    """One class. `scope` is where its header stands."""

    name: str
    node: ast.ClassDef
    scope: Scope
    member_scopes: tuple[Scope, ...]
    _assignments: dict[str, tuple[Assignment, ...]] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<Class {self.name}>"

    # ---- making

    @staticmethod
    def of_pieces(inquiry: Inquiry, pieces: tuple[int, ...]) -> Class | None:
        """A top-level class from its header piece and its member pieces."""
        header = inquiry.piece_scope(pieces[0])
        parsed = tree(inquiry.module.pieces[pieces[0]])
        node = parsed.body[-1] if parsed and parsed.body else None
        if not isinstance(node, ast.ClassDef):
            return None
        members = tuple(
            inquiry.piece_scope(piece)
            for piece in pieces[1:]
            if tree(inquiry.module.pieces[piece]) is not None
        )
        return Class(node.name, node, header, members)

    @staticmethod
    def nested(scope: Scope, name: str) -> Class | None:
        """A class defined among a scope's statements, inside an `if` for instance."""
        node = next((found for found in scope.flow.classes if found.name == name), None)
        return Class.inner(scope, node) if node is not None else None

    @staticmethod
    def inner(scope: Scope, node: ast.ClassDef) -> Class:
        """A class that stands wholly inside one piece."""
        known = scope.inquiry.classes
        if node not in known:
            known[node] = Class(node.name, node, scope, ())
        return known[node]

    # ---- bases

    @cached_property
    def bases(self) -> tuple[Value, ...]:
        """What the bases stand for, as written."""
        return tuple(self.scope.value(base) for base in self.node.bases)

    @cached_property
    def ancestors(self) -> tuple[str, ...]:
        """The dotted names of all outside classes it derives from, nearest first."""
        bases = (base for one in self.lineage() for base in one.bases)
        outside = (base.name for base in bases if isinstance(base, Ref))
        return tuple(dict.fromkeys(name for base in outside for name in self.scope.inquiry.ancestry(base)))

    @cached_property
    def parents(self) -> tuple[Class, ...]:
        """The bases that are classes of the same module."""
        found = [class_of_name(self.scope, base) for base in self.bases]
        return tuple(parent for parent in found if parent is not None and parent is not self)

    @property
    def has_unknown_base(self) -> bool:
        """Whether some base, here or further up, is neither of this module nor a known outside class."""
        return any(one._is_unknown(base) for one in self.lineage() for base in one.bases)

    def _is_unknown(self, base: Value) -> bool:
        if isinstance(base, Ref):
            return not self.scope.inquiry.knows_class(base.name)
        return class_of_name(self.scope, base) is None

    def is_a(self, *names: str) -> bool:
        """Whether it derives from one of these outside classes."""
        return not set(names).isdisjoint(self.ancestors)

    def lineage(self) -> Iterator[Class]:
        """The class and its parents in this module, nearest first."""
        seen: set[int] = set()
        waiting = [self]
        while waiting:
            here = waiting.pop(0)
            if id(here) not in seen:
                seen.add(id(here))
                yield here
                waiting += here.parents

    # ---- members

    @cached_property
    def methods(self) -> dict[str, Scope]:
        """The methods it defines itself, by name; the last one of several."""
        found: dict[str, Scope] = {}
        for scope in self.member_scopes:
            for node in scope.flow.functions:
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    found[node.name] = scope.function(node)
        for statement in self.node.body:
            if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef):
                found[statement.name] = self._inner_method(statement)
        return found

    def _inner_method(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> Scope:
        scope = self.scope.inquiry.function_scope(self.scope.piece, node, self.scope)
        scope.class_scope = self
        return scope

    def method(self, name: str) -> Scope | None:
        """A method, its own or inherited within the module."""
        return next((c.methods[name] for c in self.lineage() if name in c.methods), None)

    def assignments(self, attribute: str) -> tuple[Assignment, ...]:
        """Where `self.attribute` is set in its methods (or at class level), its parents' included."""
        if attribute not in self._assignments:
            self._assignments[attribute] = ()
            if self.member_scopes:
                self.scope.inquiry.pieces("stores", self.name, attribute)
            own = tuple(a for method in self.methods.values() for a in _stores(method, attribute))
            inherited = tuple(a for parent in self.parents for a in parent.assignments(attribute))
            self._assignments[attribute] = (*own, *self._class_level(attribute), *inherited)
        return self._assignments[attribute]

    def _class_level(self, attribute: str) -> Iterator[Assignment]:
        levels = [(self.scope, self.node.body), *((scope, scope.tree.body) for scope in self.member_scopes)]
        for scope, statement in ((scope, statement) for scope, body in levels for statement in body):
            targets = getattr(statement, "targets", None) or [getattr(statement, "target", None)]
            for target in targets:
                if isinstance(target, ast.Name) and target.id == attribute:
                    yield Assignment(scope, statement, target, getattr(statement, "value", None))

    def attribute_values(self, attribute: str) -> tuple[Value, ...]:
        """All that is assigned to `self.attribute`."""
        found = self.assignments(attribute)
        return tuple(a.scope.value(a.value) for a in found if a.value is not None)

    @property
    def name_span(self) -> Span:
        """Where the class's name stands in its header."""
        return self.scope.name_span(self.node)


def _stores(method: Scope, attribute: str) -> Iterator[Assignment]:
    """The assignments to `self.attribute` in a method and the functions inside it."""
    if attribute not in facts(method.inquiry.module.pieces[method.piece]).stores:
        return
    for statement in method.flow.blocks:
        for target, value in _targets(statement):
            match target:
                case ast.Attribute(value=ast.Name(id=owner), attr=attr) if attr == attribute:
                    if owner == method.self_name:
                        yield Assignment(method, statement, target, value)


def _targets(statement: ast.AST) -> Iterator[tuple[ast.expr, ast.expr | None]]:
    match statement:
        case ast.Assign(targets=found, value=value):
            for target in found:
                yield from _unpacked(target, value)
        case ast.AnnAssign(target=target, value=value) if value is not None:
            yield target, value
        case ast.AugAssign(target=target):
            yield target, None
        case ast.For(target=target) | ast.AsyncFor(target=target):
            yield from _unpacked(target, None)
        case ast.With(items=items) | ast.AsyncWith(items=items):
            for item in items:
                if item.optional_vars is not None:
                    yield from _unpacked(item.optional_vars, None)


def _unpacked(target: ast.expr, value: ast.expr | None) -> Iterator[tuple[ast.expr, ast.expr | None]]:
    if not isinstance(target, ast.Tuple | ast.List):
        yield target, value
        return
    values = value.elts if isinstance(value, ast.Tuple | ast.List) else ()
    same = len(values) == len(target.elts)
    for index, element in enumerate(target.elts):
        yield from _unpacked(element, values[index] if same else None)


def class_of_name(scope: Scope, value: Value) -> Class | None:
    """The class of this module that a value is (the class itself, not an instance)."""
    match value:
        case Global(name):
            inquiry = value.site.scope.inquiry if value.site is not None else scope.inquiry
            return inquiry.class_(name)
        case Local() if value.site is not None and isinstance(value.site.node, ast.ClassDef):
            return Class.inner(value.site.scope, value.site.node)
    return None
