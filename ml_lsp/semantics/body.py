"""What checks look at besides calls and classes: bodies (code that runs in order), loops, the module."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from ml_lsp.semantics.call import Call
from ml_lsp.semantics.classes import Class
from ml_lsp.semantics.evaluate import unwrapped_iterable
from ml_lsp.semantics.flow import Block
from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.values import UNKNOWN, Value
from ml_lsp.text import Span


@dataclass(frozen=True, eq=False)
class Body:
    """Code that runs in order: one function, or a module's top level (several pieces)."""

    scopes: tuple[Scope, ...]

    @property
    def scope(self) -> Scope:
        """The function; the first piece of a module's top level."""
        return self.scopes[0]

    @property
    def is_function(self) -> bool:
        """Whether it is a function, method or lambda."""
        return self.scope.is_function

    @cached_property
    def calls(self) -> tuple[Call, ...]:
        """All calls in evaluation order, without those of functions defined inside."""
        return tuple(call for scope in self.scopes for call in scope.calls)

    def loops(self) -> Iterator[Loop]:
        """The loop statements, in order, nested ones too."""
        for scope in self.scopes:
            yield from loops_of(scope)


@dataclass(frozen=True, eq=False)
class Loop:
    """A `for` or `while` statement."""

    scope: Scope
    node: ast.For | ast.AsyncFor | ast.While

    @property
    def span(self) -> Span:
        """The whole statement."""
        return self.scope.span(self.node)

    @property
    def iterable(self) -> Value:
        """What a `for` runs over, below `enumerate`, `tqdm` and the like; Unknown for `while`."""
        if isinstance(self.node, ast.While):
            return UNKNOWN
        return unwrapped_iterable(self.scope.value(self.node.iter))

    def holds(self, block: Block) -> bool:
        """Whether a block lies in the loop's body, in a nested loop or branch included."""
        return any(here.node is self.node and here.arm == "body" for here in block.chain())

    def holds_directly(self, block: Block) -> bool:
        """The same, but not inside a nested loop."""
        return next(
            (here.node for here in block.chain() if is_loop(here.node)), None
        ) is self.node and self.holds(block)

    @cached_property
    def calls(self) -> tuple[Call, ...]:
        """The calls in its body, in evaluation order, nested loops included."""
        return tuple(call for call in self.scope.calls if self.holds(call.block))

    @cached_property
    def own_calls(self) -> tuple[Call, ...]:
        """The calls in its body that are in no nested loop."""
        return tuple(call for call in self.calls if self.holds_directly(call.block))

    @property
    def outer(self) -> Iterator[Loop]:
        """The loops around it, inside out."""
        block = self.scope.block_of(self.node)
        for here in block.chain() if block else ():
            if isinstance(here.node, ast.For | ast.AsyncFor | ast.While) and here.arm == "body":
                yield Loop(self.scope, here.node)


@dataclass(frozen=True, eq=False)
class ModuleView:
    """A whole module."""

    inquiry: Inquiry

    def scopes(self) -> Iterator[Scope]:
        """All scopes of all pieces: the pieces' own and the functions in them."""
        for piece in self.inquiry.pieces("everything"):
            yield from self.inquiry.piece_scope(piece).with_inner()

    def classes(self) -> Iterator[Class]:
        """The classes at module level."""
        for name in self.inquiry.module.tables.classes:
            found = self.inquiry.class_(name)
            if found is not None:
                yield found

    @cached_property
    def top_level(self) -> Body | None:
        """The statements that run when the module does; None if there are none."""
        pieces = self.inquiry.pieces("top level")
        return Body(tuple(self.inquiry.piece_scope(piece) for piece in pieces)) if pieces else None

    @property
    def libraries(self) -> frozenset[str]:
        """The root names of all that is imported."""
        return self.inquiry.module.tables.libraries


def is_loop(node: ast.AST | None) -> bool:
    """Whether a node runs its body more than once: loops and comprehensions."""
    return isinstance(
        node,
        ast.For | ast.AsyncFor | ast.While | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp,
    )


def loops_of(scope: Scope) -> Iterator[Loop]:
    """The loop statements of a scope, in order."""
    for node in scope.loops():
        yield Loop(scope, node)


def loop_around(call: Call) -> Loop | None:
    """The innermost loop statement whose body a call stands in."""
    for block in call.block.chain():
        if isinstance(block.node, ast.For | ast.AsyncFor | ast.While) and block.arm == "body":
            return Loop(call.scope, block.node)
    return None


def body_of(scope: Scope) -> Body:
    """The body that a scope is, or is part of."""
    return Body(scope.together())
