"""The order of things in one scope: which definition a name has where it is read, and what happens when."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from ml_lsp.syntax.trees import children

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp

DefinitionKind = Literal[
    "assign", "unpack", "parameter", "for", "with", "import", "function", "class", "except", "augmented", "other"
]  # fmt: skip
EventKind = Literal["call", "augment", "store", "return", "raise", "delete", "yield", "await", "bind"]


@dataclass(eq=False, repr=False, slots=True)
class Block:
    """A part of a scope that runs as one: a loop's body, a branch, what a `with` holds, the scope itself.

    `arm` tells the parts of one statement apart: body, orelse, handler 0, finally, case 1 ...
    """

    parent: Block | None
    node: ast.AST | None
    arm: str = "body"

    def chain(self) -> Iterator[Block]:
        """This block and those around it, inside out."""
        block: Block | None = self
        while block is not None:
            yield block
            block = block.parent

    def inside(self, other: Block) -> bool:
        """Whether this block is `other` or lies in it."""
        return any(block is other for block in self.chain())


@dataclass(eq=False, repr=False, slots=True)
class Definition:
    """A place where a name gets a value.

    `value` is the expression on the right, from which `path` leads to the part bound here: for
    `(a, b), c = f()` the path of b is (0, 1). For loops, `value` is what is iterated; for with, the entered thing.
    """

    name: str
    kind: DefinitionKind
    node: ast.AST
    block: Block
    order: int = -1
    value: ast.expr | None = None
    path: tuple[int | None, ...] = ()
    target: str = ""


@dataclass(eq=False, repr=False, slots=True)
class Event:
    """Something that happens: a call, a store, a return. `order` counts up in evaluation order."""

    kind: EventKind
    node: ast.AST
    block: Block
    order: int


@dataclass(eq=False, repr=False, slots=True)
class Load:
    """A place where a name is read, and the definitions that can reach it there."""

    node: ast.Name
    block: Block
    order: int
    definitions: tuple[Definition, ...]
    maybe_unbound: bool


_INNER = (ast.stmt, ast.ExceptHandler, ast.match_case, ast.Lambda)


def own_nodes(statement: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a statement, without those of statements, functions and lambdas inside it."""
    waiting = [statement]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += [child for child in children(node) if not isinstance(child, _INNER)]


Env = dict[str, tuple[Definition, ...]]
UNBOUND = Definition("", "other", ast.Pass(), Block(None, None))


@dataclass(eq=False, repr=False)
class Flow:
    """What happens in one scope (a function, a lambda, or statements of a module), in order."""

    node: ast.AST | None
    root: Block
    events: list[Event] = field(default_factory=list)
    loads: dict[ast.Name, Load] = field(default_factory=dict)
    loads_of: dict[str, list[Load]] = field(default_factory=dict)
    definitions: dict[str, list[Definition]] = field(default_factory=dict)
    at_end: Env = field(default_factory=dict)
    functions: list[FunctionNode] = field(default_factory=list)
    classes: list[ast.ClassDef] = field(default_factory=list)
    blocks: dict[ast.AST, Block] = field(default_factory=dict)
    order_of: dict[ast.AST, int] = field(default_factory=dict)
    outer_names: frozenset[str] = frozenset()
    inner: dict[ast.AST, Flow] = field(default_factory=dict)

    @cached_property
    def holders(self) -> dict[ast.AST, ast.stmt]:
        """The statement that each node of the scope is directly part of, in order; nodes of functions and
        lambdas inside it are left out."""
        return {
            node: statement
            for statement in self.blocks
            if isinstance(statement, ast.stmt)
            for node in own_nodes(statement)
        }

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """The nodes of the scope's statements in order, without those of functions and classes inside it."""
        return tuple(node for node, holder in self.holders.items() if not isinstance(holder, ast.ClassDef))

    @cached_property
    def attribute_reads(self) -> dict[str, list[ast.Attribute]]:
        """The places where an attribute is read, by its name."""
        found: dict[str, list[ast.Attribute]] = {}
        for statement in self.blocks:
            for node in own_nodes(statement):
                if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
                    found.setdefault(node.attr, []).append(node)
        return found

    def flow_of(self, node: FunctionNode) -> Flow:
        """The flow of a function defined in this scope; made when first asked for, empty if it nests too deep."""
        if node not in self.inner:
            from ml_lsp.semantics.flow_walk import flow_of_function

            try:
                self.inner[node] = flow_of_function(node)
            except RecursionError:  # an `elif` is one level, and so is a `+`
                self.inner[node] = Flow(node, Block(None, node))
        return self.inner[node]
