"""What loops run over, by the names it goes by: `for x, y in tqdm(val_loader)` runs over `val_loader`."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from ml_lsp.semantics.flow import Block
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.values import Ref

_DEEPEST = 4
_COUNTING = frozenset({"builtins.range", "builtins.len"})
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
# `testloader`, `valset`: words that are written together with what comes before them.
_JOINED = re.compile(r"(?:data)?(?:loader|set|iter|dl|ds|data|batches)s?\Z")


@dataclass(frozen=True, eq=False)
class Iteration:
    """A `for` of a scope, or of a comprehension in it, with what it runs over."""

    scope: Scope
    node: ast.AST
    iterable: ast.expr

    def holds(self, block: Block) -> bool:
        """Whether a block runs once for each item."""
        return any(here.node is self.node and here.arm == "body" for here in block.chain())


def iterations(scope: Scope) -> Iterator[Iteration]:
    """The `for` loops and comprehensions of a scope, in no particular order."""
    seen: set[int] = set()
    for definitions in scope.flow.definitions.values():
        for definition in definitions:
            if definition.kind == "for" and definition.value is not None and id(definition.value) not in seen:
                seen.add(id(definition.value))
                node = (
                    definition.block.node
                    if isinstance(definition.node, ast.comprehension)
                    else definition.node
                )
                if node is not None:
                    yield Iteration(scope, node, definition.value)


def names(scope: Scope, node: ast.expr, depth: int = _DEEPEST) -> Iterator[str]:
    """The names that an iterable goes by: its own, those of what wrappers are given, keys, what made it."""
    if depth == 0:
        return
    match node:
        case ast.Name(id=name):
            yield name
            load = scope.flow.loads.get(node)
            for definition in load.definitions if load is not None else ():
                if definition.kind in ("assign", "with") and definition.value is not None:
                    yield from names(scope, definition.value, depth - 1)
        case ast.Attribute(attr=name):
            yield name
        case ast.Subscript(slice=ast.Constant(value=str(key))):
            yield key
        case ast.Subscript(value=owner):
            yield from names(scope, owner, depth - 1)
        case ast.Call(func=func, args=args) if not _counts(scope, func):
            yield from names(scope, func, 1)
            for arg in args[:1]:
                yield from names(scope, arg, depth - 1)


def _counts(scope: Scope, func: ast.expr) -> bool:
    """Whether a function makes numbers of what it is given."""
    value = scope.value(func)
    return isinstance(value, Ref) and value.name in _COUNTING


def says_evaluation(name: str, words: Collection[str]) -> bool:
    """Whether a word of a name is one of `words` (val, test, ...): val_loader, testloader, evalData."""
    found = {word.lower() for word in _WORD.findall(name)}
    return any(word in words or _JOINED.sub("", word) in words for word in found)


def is_evaluation(iteration: Iteration, words: Collection[str]) -> bool:
    """Whether a loop runs over data that are held out, as a name says."""
    return any(says_evaluation(name, words) for name in names(iteration.scope, iteration.iterable))
