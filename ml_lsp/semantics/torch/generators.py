"""Generators that are used up by whoever reads them first."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from ml_lsp.semantics import library
from ml_lsp.semantics.body import is_loop
from ml_lsp.semantics.flow import Block, Definition, Load
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.statements import nodes
from ml_lsp.semantics.torch.objects import is_model_name, is_module, last_name
from ml_lsp.semantics.values import Attr, Ref, Result

_READERS = frozenset(
    f"builtins.{name}"
    for name in ("list", "tuple", "sum", "set", "sorted", "max", "min", "any", "all", "dict")
)
# Those of them that may stop before the end.
_STOPPING = frozenset({"builtins.any", "builtins.all"})


@dataclass(frozen=True, eq=False)
class UsedUp:
    """A read of a generator that has been read before: `made` is the expression that made it."""

    scope: Scope
    made: ast.expr
    first: ast.Name
    again: ast.Name


def used_up(scope: Scope, readers: Collection[str]) -> Iterator[UsedUp]:
    """The second reads of generators of parameters in a scope; `readers` are functions that read all."""
    for definitions in scope.flow.definitions.values():
        for definition in definitions:
            made = definition.value if definition.kind == "assign" else None
            if made is not None and _is_generator(scope, made):
                yield from _second_read(scope, definition, readers)


def _is_generator(scope: Scope, node: ast.expr) -> bool:
    """Whether an expression makes an iterator over parameters that can be read once."""
    if isinstance(node, ast.GeneratorExp):
        return any(_is_parameters(scope, part) for part in ast.walk(node.generators[0].iter))
    if _is_parameters(scope, node):
        return True
    lazy = isinstance(node, ast.Call) and scope.value(node.func) in (
        Ref("builtins.filter"),
        Ref("builtins.map"),
    )
    return lazy and any(_is_parameters(scope, part) for part in ast.walk(node) if part is not node)


def _is_parameters(scope: Scope, node: ast.AST) -> bool:
    match scope.value(node) if isinstance(node, ast.Call) else None:
        case Result(Attr(owner, "parameters" | "named_parameters")):
            return is_module(scope, owner) or is_model_name(last_name(owner))
    return False


def _second_read(scope: Scope, definition: Definition, readers: Collection[str]) -> Iterator[UsedUp]:
    loads = [
        load for load in scope.flow.loads_of.get(definition.name, ()) if load.definitions == (definition,)
    ]
    reads = [load for load in loads if _is_read(scope, load.node, readers)]
    assert definition.value is not None, "a generator is made by an expression"
    for at, load in enumerate(reads):
        earlier = [one for one in reads[:at] if load.block.inside(one.block)]
        if earlier:
            yield UsedUp(scope, definition.value, earlier[0].node, load.node)
            return
        if _is_deeper(load, definition.block):
            yield UsedUp(scope, definition.value, load.node, load.node)
            return


def _is_deeper(load: Load, block: Block) -> bool:
    """Whether a read stands in a loop that the generator was made outside of."""
    for here in load.block.chain():
        if here is block:
            return False
        if isinstance(here.node, ast.For | ast.AsyncFor | ast.While) and here.arm == "body":
            return True
    return False


def _is_read(scope: Scope, node: ast.Name, readers: Collection[str]) -> bool:
    """Whether the place where a name stands reads all of what it names."""
    for call in scope.calls:
        given = [*call.node.args, *(keyword.value for keyword in call.node.keywords)]
        if any(arg is node for arg in given):
            name = call.name or ""
            return name in readers or name in _READERS or library.is_a(name, library.OPTIMIZER)
    if any(_runs_over(scope, part, node) for part in nodes(scope)):
        return True
    return any(
        isinstance(statement, ast.For) and statement.iter is node
        for statement in scope.flow.blocks
        if is_loop(statement)
    )


def _runs_over(scope: Scope, part: ast.AST, node: ast.Name) -> bool:
    """Whether a comprehension runs over a name at once: `[... for p in params]`, `sum(... for p in params)`."""
    match part:
        case ast.ListComp(generators=[first, *_]) | ast.SetComp(generators=[first, *_]):
            return first.iter is node
        case ast.Call(func=func, args=[ast.GeneratorExp(generators=[first, *_])]) if first.iter is node:
            callee = scope.value(func)
            return isinstance(callee, Ref) and callee.name in _READERS - _STOPPING
    return False
