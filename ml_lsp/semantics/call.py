"""A call as checks see it: what is called, on what, with which arguments."""

from __future__ import annotations

import ast
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from ml_lsp.semantics import targets
from ml_lsp.semantics.evaluate import may_be_outside
from ml_lsp.semantics.flow import Block
from ml_lsp.semantics.values import UNKNOWN, Const, Display, Ref, Result, Value, identity
from ml_lsp.text import Span

if TYPE_CHECKING:
    from ml_lsp.semantics.scope import Scope


@dataclass(frozen=True, eq=False)
class Call:
    """One call in one scope. `order` and `block` say when it runs."""

    scope: Scope
    node: ast.Call
    block: Block
    order: int

    @property
    def when(self) -> tuple[int, int]:
        """When it runs: comparable among the calls of one body."""
        return self.scope.piece, self.order

    # ---- what is called

    @cached_property
    def value(self) -> Value:
        """What the call returns."""
        return self.scope.value(self.node)

    @cached_property
    def callee(self) -> Value:
        """What is called."""
        return self.scope.value(self.node.func)

    @cached_property
    def name(self) -> str | None:
        """The public dotted name of what is called, for an outside name: `torch.load`."""
        if not self.may_be_outside:
            return None
        callee = self.callee
        return callee.name if isinstance(callee, Ref) else None

    @cached_property
    def may_be_outside(self) -> bool:
        """Whether something of a library may be called by its name; False for methods of objects."""
        return may_be_outside(self.scope, self.node.func)

    @property
    def method(self) -> str | None:
        """The last part of a call written `receiver.method(...)`."""
        return self.node.func.attr if isinstance(self.node.func, ast.Attribute) else None

    @cached_property
    def receiver(self) -> Value | None:
        """What a method is called on."""
        return self.scope.value(self.node.func.value) if isinstance(self.node.func, ast.Attribute) else None

    @cached_property
    def target(self) -> Scope | None:
        """The function of this module that the call runs, if it is known."""
        return targets.target(self.scope, self.callee)

    # ---- arguments

    def argument(self, position: int | None, name: str) -> ast.expr | None:
        """The argument given at a 0-based position (None: by keyword only) or by that keyword."""
        if position is not None:
            plain = self.node.args[: position + 1]
            if len(plain) > position and not any(isinstance(arg, ast.Starred) for arg in plain):
                return plain[position]
        return next((keyword.value for keyword in self.node.keywords if keyword.arg == name), None)

    def argument_value(self, position: int | None, name: str) -> Value | None:
        """What that argument stands for; one that arrives through `**mapping` is found if its dict is known."""
        node = self.argument(position, name)
        if node is not None:
            return self.scope.value(node)
        for mapping in self._mappings():
            found = mapping.get(name) if mapping is not None else None
            if found is not None:
                return found
        return None

    def constant(self, position: int | None, name: str) -> object:
        """The constant that the argument is; None if it is not given or not a constant."""
        value = self.argument_value(position, name)
        return value.value if isinstance(value, Const) else None

    def lacks(self, position: int | None, name: str) -> bool:
        """Whether the argument is certainly not given; False if `*args` or `**options` may hold it."""
        if self.argument_value(position, name) is not None:
            return False
        if position is not None and any(isinstance(arg, ast.Starred) for arg in self.node.args):
            return False
        return all(mapping is not None for mapping in self._mappings())

    @property
    def has_unpacking(self) -> bool:
        """Whether `*args` or `**options` are passed; then no fix may add an argument."""
        starred = any(isinstance(arg, ast.Starred) for arg in self.node.args)
        return starred or any(keyword.arg is None for keyword in self.node.keywords)

    def _mappings(self) -> Iterator[Display | None]:
        """The dicts passed by `**`; None for one of which not all keys are known."""
        for keyword in self.node.keywords:
            if keyword.arg is None:
                yield known_mapping(self.scope, keyword.value)

    # ---- places

    @property
    def span(self) -> Span:
        """The whole call."""
        return self.scope.span(self.node)

    def argument_span(self, position: int | None, name: str) -> Span | None:
        """Where an argument stands, with its keyword: `mode="max"`; None if it is not written out."""
        node = self.argument(position, name)
        if node is None:
            return None
        return self.scope.span(next((k for k in self.node.keywords if k.value is node), node))

    @property
    def callee_span(self) -> Span:
        """What is called, without the arguments: `torch.load`."""
        return self.scope.span(self.node.func)

    @property
    def name_span(self) -> Span:
        """The last part of what is called: `load`."""
        end = self.callee_span.end
        func = self.node.func
        if isinstance(func, ast.Attribute):
            return Span(end - len(func.attr), end)
        return self.callee_span


def known_mapping(scope: Scope, node: ast.expr) -> Display | None:
    """The dict that an expression is, with the keys added to it later in the scope; None if any may be missing."""
    value = scope.value(node)
    if isinstance(value, Result) and value.callee == Ref("builtins.dict") and not value.args:
        if any(key is None for key, _ in value.keywords):
            return None
        keys = tuple(Const(key) for key, _ in value.keywords)
        value = Display("dict", tuple(item for _, item in value.keywords), keys, site=value.site)
    if not isinstance(value, Display) or value.kind != "dict" or any(key is None for key in value.keys):
        return None
    if not all(isinstance(key, Const) for key in value.keys) or value.site is None:
        return None
    return _with_later_keys(value)


def _with_later_keys(mapping: Display) -> Display | None:
    """A dict with what the code that made it stores in it later; None if that cannot all be told."""
    assert mapping.site is not None
    target = identity(mapping)
    items, keys = list(mapping.items), list(mapping.keys)
    for scope in mapping.site.scope.together():
        for event in scope.flow.events:
            if event.kind not in ("store", "call"):
                continue
            added = _added_keys(scope, event.node, target)
            if added is None or not all(isinstance(key, Const) for key in added):
                return None
            keys += added
            items += added.values()
    return Display("dict", tuple(items), tuple(keys), site=mapping.site)


def _added_keys(scope: Scope, node: ast.AST, target: Hashable) -> dict[Value, Value] | None:
    """What one event adds to a dict; None if it adds what cannot be told."""
    match node:
        case ast.Subscript(value=owner, slice=key) if identity(scope.value(owner)) == target:
            return {scope.value(key): UNKNOWN}
        case ast.Call(func=ast.Attribute(value=owner, attr="update")) if (
            identity(scope.value(owner)) == target
        ):
            added = [scope.value(arg) for arg in node.args]
            if any(keyword.arg is None for keyword in node.keywords):
                return None
            found: dict[Value, Value] = {Const(k.arg): scope.value(k.value) for k in node.keywords}
            for mapping in added:
                if not isinstance(mapping, Display) or mapping.kind != "dict" or None in mapping.keys:
                    return None
                found.update(
                    {key: item for key, item in zip(mapping.keys, mapping.items, strict=True) if key}
                )
            return found
    return {}
