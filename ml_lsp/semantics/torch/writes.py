"""Who writes into a tensor: `x += 1`, `x[0] = 1`, `x.add_(1)`, `out=x`, `inplace=True`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from ml_lsp.semantics.flow import Block
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.values import Attr, Const, Ref, Value
from ml_lsp.syntax.trees import own_name

# Steps to a tensor that shares its memory.
_VIEWS = frozenset(
    {"view", "squeeze", "unsqueeze", "transpose", "permute", "t", "narrow", "select", "view_as"}
)
_VIEW_ATTRIBUTES = frozenset({"T", "mT", "H", "mH"})
# Methods that end in an underscore and change no values.
_HARMLESS = frozenset({"requires_grad_", "detach_", "retain_grad_", "share_memory_"})
_IN_PLACE = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)  # `@=` makes a new tensor


@dataclass(frozen=True, eq=False)
class Write:
    """A write into the memory of a tensor. `root` is what is written into, below slots and views."""

    scope: Scope
    node: ast.AST
    root: ast.expr
    block: Block
    order: int

    @property
    def value(self) -> Value:
        """The tensor that is written into."""
        return self.scope.value(self.root)

    @property
    def statement(self) -> ast.AST:
        """What does it: the assignment, or the call."""
        if isinstance(self.node, ast.Call | ast.AugAssign):
            return self.node
        return self.scope.statement_of(self.node) or self.node

    @property
    def rebinds(self) -> ast.AugAssign | None:
        """The statement, if it is `name += value`, which could as well make a new tensor."""
        node = self.node
        if isinstance(node, ast.AugAssign) and node.target is self.root and isinstance(self.root, ast.Name):
            return node
        return None


def writes(scope: Scope) -> Iterator[Write]:
    """What may write into tensors, in order: `x += 1`, `x[0] = 1`, `x.add_(1)`, `out=x`, `inplace=True`."""
    for event in scope.flow.events:
        target: ast.expr | None = None
        match event.node:
            case ast.AugAssign(target=ast.Name() | ast.Attribute() as aim, op=operator):
                target = aim if isinstance(operator, _IN_PLACE) else None
            case (
                ast.AugAssign(target=ast.Subscript(value=aim, slice=at)) | ast.Subscript(value=aim, slice=at)
            ):
                target = (
                    aim if not _is_text(at) else None
                )  # whatever else the subscript is, slots are written
            case ast.Call() as call:
                target = _written_by(scope, call)
        if target is not None and event.kind in ("augment", "store", "call"):
            yield Write(scope, event.node, below_views(target), event.block, event.order)


def _is_text(index: ast.expr) -> bool:
    """Whether a subscript is the key of a dict."""
    return isinstance(index, ast.Constant) and isinstance(index.value, str)


def _written_by(scope: Scope, call: ast.Call) -> ast.expr | None:
    """What a call writes into, if it is known to."""
    if isinstance(call.func, ast.Attribute):
        name = call.func.attr
        if name.endswith("_") and not name.endswith("__") and name not in _HARMLESS:
            return call.func.value if not isinstance(scope.value(call.func), Ref) else None
    for keyword in call.keywords:
        if keyword.arg == "out":
            nothing = scope.value(keyword.value) == Const(None)
            return keyword.value if _is_torch(scope, call.func) and not nothing else None
        if keyword.arg == "inplace" and call.args and _is_torch(scope, call.func):
            return call.args[0] if scope.value(keyword.value) == Const(True) else None
    return None


def _is_torch(scope: Scope, func: ast.expr) -> bool:
    callee = scope.value(func)
    return isinstance(callee, Ref) and callee.name.startswith("torch.")


def below_views(node: ast.expr) -> ast.expr:
    """The tensor whose memory an expression is: below views."""
    while True:
        match node:
            case ast.Subscript(value=of, slice=index) if _is_basic(index):
                node = of
            case ast.Call(func=ast.Attribute(value=of, attr=name)) if name in _VIEWS:
                node = of
            case ast.Attribute(value=of, attr=name) if name in _VIEW_ATTRIBUTES:
                node = of
            case _:
                return node


def _is_basic(index: ast.expr) -> bool:
    """Whether a subscript is a view: numbers, slices, `...` and None, no masks or lists, nor the key of a dict."""
    parts = index.elts if isinstance(index, ast.Tuple) else [index]
    known = all(isinstance(part, ast.Slice | ast.Constant | ast.UnaryOp) for part in parts)
    return known and not any(map(_is_text, parts))


def held_value(write: Write) -> Value:
    """What is written into; for `self.x`, what the same code assigned to it last, if that is certain."""
    value = write.value
    if not isinstance(value, Attr):
        return value
    scope, name = write.scope, own_name(write.root)
    before = [event for event in scope.flow.events if event.kind == "store" and event.order < write.order]
    stores = [event for event in before if own_name(event.node) == name]
    if stores:
        text = scope.text(write.root)
        stores = [event for event in stores if scope.text(event.node) == text]
    if not stores or not write.block.inside(stores[-1].block):
        return value
    statement = scope.statement_of(stores[-1].node)
    plain = isinstance(statement, ast.Assign) and len(statement.targets) == 1
    return scope.value(statement.value) if plain and isinstance(statement, ast.Assign) else value
