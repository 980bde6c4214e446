"""Where a loop takes the first batch of a loader again and again: `next(iter(loader))`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from ml_lsp.semantics import library
from ml_lsp.semantics.body import Loop
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.flow import Block
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.torch.objects import is_loader_name, last_name
from ml_lsp.semantics.types import class_of
from ml_lsp.semantics.values import Attr, Item, Param, Ref, Result, Value

_NEXT = ("__next__", "next")


@dataclass(frozen=True, eq=False)
class FirstBatch:
    """A place that makes an iterator over a loader and takes its first batch. `written`: the loader there."""

    node: ast.expr
    loader: Value
    written: ast.expr


def first_batches(loop: Loop) -> Iterator[FirstBatch]:
    """The places of a loop's own body that take the first batch in each iteration, whatever happens."""
    made = {id(call.node): call for call in loop.own_calls if _always(call.block, loop)}
    for call in made.values():
        iterator = _advanced(call)
        value = call.scope.value(iterator) if iterator is not None else None
        making = made.get(id(value.site.node)) if value is not None and value.site is not None else None
        match making.value if making is not None else None:
            case Result(Ref("builtins.iter"), (loader,)) if making is not None:
                if _is_loader(loop.scope, loader):
                    yield FirstBatch(call.node, loader, making.node.args[0])
    for inner in _broken_off(loop):
        loader = loop.scope.value(inner.iter)
        if _is_loader(loop.scope, loader):
            yield FirstBatch(inner.iter, loader, inner.iter)


def _advanced(call: Call) -> ast.expr | None:
    """The iterator of which a call takes the next item, without a default."""
    if call.name == "builtins.next" and len(call.node.args) == 1:
        return call.node.args[0]
    func = call.node.func
    return func.value if isinstance(func, ast.Attribute) and func.attr in _NEXT else None


def _broken_off(loop: Loop) -> Iterator[ast.For]:
    """The loops `for batch in loader: break` of a loop's own body."""
    for node in loop.node.body:
        if isinstance(node, ast.For) and len(node.body) == 1 and isinstance(node.body[0], ast.Break):
            yield node


def _always(block: Block, loop: Loop) -> bool:
    """Whether a block runs in each iteration: between it and the loop there are at most `with` and `try`."""
    for here in block.chain():
        if here.node is loop.node:
            return here.arm == "body"
        if not isinstance(here.node, ast.With | ast.AsyncWith | ast.Try) or here.arm != "body":
            return False
    return False


def _is_loader(scope: Scope, value: Value) -> bool:
    """Whether iterating a value starts from its first batch: a DataLoader, or what is only known by its name."""
    found = class_of(scope, value)
    if found is not None:
        return isinstance(found, Ref) and library.is_a(found.name, library.LOADER)
    name = last_name(value)
    return isinstance(value, Param | Attr | Item) and is_loader_name(name) and "iter" not in name.lower()
