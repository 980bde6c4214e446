"""What a loop computes from a value: the names that hold it afterwards, and whether it decides what comes next."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from ml_lsp.semantics.body import Loop
from ml_lsp.semantics.flow import Block
from ml_lsp.semantics.names import chain

_LEAVING = ast.Break | ast.Continue | ast.Return | ast.Raise


@dataclass(frozen=True, eq=False)
class Derived:
    """All that a loop derives from the expression `source` in its body.

    Taken widely: what is assigned under a condition on it and an object whose method is given it count too.
    """

    loop: Loop
    source: ast.expr

    @cached_property
    def names(self) -> frozenset[tuple[str, ...]]:
        """The variables, and attributes of `self`, that hold something of it."""
        found: set[tuple[str, ...]] = set()
        while True:
            before = len(found)
            for statement, block in self._statements:
                if self._has(statement, found) or self._depends(block, found):
                    found.update(_bound(statement, self.loop.scope.self_name))
                    found.update(self._changed(statement, found))
            if len(found) == before:
                return frozenset(found)

    def reaches(self, node: ast.expr) -> bool:
        """Whether an expression may use something of it."""
        return self._reads(node, self.names)

    def decides(self) -> bool:
        """Whether it decides if the loop goes on: by a `break`, `continue`, `return`, `raise` or `yield`."""
        yields = any(e.kind == "yield" and self.loop.holds(e.block) for e in self.loop.scope.flow.events)
        return yields or any(
            isinstance(statement, _LEAVING) and self._depends(block, self.names)
            for statement, block in self._statements
        )

    @cached_property
    def _statements(self) -> list[tuple[ast.AST, Block]]:
        return [
            (node, block) for node, block in self.loop.scope.flow.blocks.items() if self.loop.holds(block)
        ]

    def _depends(self, block: Block, found: set[tuple[str, ...]] | frozenset[tuple[str, ...]]) -> bool:
        """Whether a condition on it, inside the loop, decides if a block runs."""
        for here in block.chain():
            if here.node is self.loop.node:
                return False
            if isinstance(here.node, ast.If | ast.While) and self._reads(here.node.test, found):
                return True
        return False

    def _has(self, statement: ast.AST, found: set[tuple[str, ...]]) -> bool:
        return any(self._reads(part, found) for part in _expressions(statement))

    def _reads(self, node: ast.AST, found: set[tuple[str, ...]] | frozenset[tuple[str, ...]]) -> bool:
        return any(
            part is self.source or (isinstance(part, ast.Name | ast.Attribute) and self._key(part) in found)
            for part in ast.walk(node)
        )

    def _key(self, node: ast.expr) -> tuple[str, ...] | None:
        return _key(node, self.loop.scope.self_name)

    def _changed(self, statement: ast.AST, found: set[tuple[str, ...]]) -> Iterator[tuple[str, ...]]:
        """The objects with a method that is given something of it: `out` in `out.append(value)`."""
        for part in (part for expression in _expressions(statement) for part in ast.walk(expression)):
            if isinstance(part, ast.Call) and isinstance(part.func, ast.Attribute):
                given = [*part.args, *(keyword.value for keyword in part.keywords)]
                key = self._key(part.func.value)
                if key is not None and any(self._reads(arg, found) for arg in given):
                    yield key


def _expressions(statement: ast.AST) -> Iterator[ast.expr]:
    """The expressions of a statement, without those of the statements in it."""
    for child in ast.iter_child_nodes(statement):
        if isinstance(child, ast.expr):
            yield child
        elif isinstance(child, ast.withitem):
            yield child.context_expr


def _bound(statement: ast.AST, self_name: str | None) -> Iterator[tuple[str, ...]]:
    targets = [*getattr(statement, "targets", ()), getattr(statement, "target", None)]
    targets += [item.optional_vars for item in getattr(statement, "items", ())]
    for target in targets:
        for part in ast.walk(target) if isinstance(target, ast.expr) else ():
            stored = isinstance(part, ast.Name | ast.Attribute | ast.Subscript) and isinstance(
                part.ctx, ast.Store
            )
            key = _key(part, self_name) if stored else None
            if key is not None:
                yield key


def _key(node: ast.AST, self_name: str | None) -> tuple[str, ...] | None:
    """The variable that an expression is or is a part of; of `self`, the attribute."""
    while isinstance(node, ast.Subscript):
        node = node.value
    parts = chain(node) if isinstance(node, ast.expr) else None
    if parts is None:
        return None
    return parts[:2] if parts[0] == self_name else parts[:1]
