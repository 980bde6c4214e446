"""Loops that keep what carries a graph: added to a total, appended to a list, put into a dict."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from ml_lsp.semantics.body import Loop
from ml_lsp.semantics.flow import Block
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.torch.carrying import Graphs
from ml_lsp.semantics.torch.forwards import module_around
from ml_lsp.semantics.torch.graph import upstream
from ml_lsp.semantics.torch.guards import records
from ml_lsp.semantics.torch.loaders import iterations, names
from ml_lsp.semantics.torch.objects import is_evaluation_loader_name, is_loader_name, is_managed, written_name
from ml_lsp.semantics.torch.training import is_unknown, passes, train_loop
from ml_lsp.semantics.types import own_class_of
from ml_lsp.semantics.values import Attr, Const, Op, Ref, Result, Unknown, Value, identity, options

# Functions of unknown make that may differentiate what they are given.
_TRAINING_NAME = re.compile(r"train|update|learn|backward|optimi[sz]e|step|finish", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class Kept:
    """A value (`node`) that a statement adds to `holder` (`added`), or stores in it."""

    scope: Scope
    statement: ast.AST
    block: Block
    holder: ast.expr
    node: ast.expr
    added: bool


@dataclass(frozen=True, eq=False)
class KeptGraph:
    """A kept value that carries its graph along; `is_number` if it is a scalar added to a number."""

    kept: Kept
    is_number: bool


def kept_graphs(scope: Scope) -> list[list[KeptGraph]]:
    """What the batch loops of a function (or piece) keep with its graph, in vain; a list for each loop."""
    inquiry = scope.inquiry
    if not (inquiry.mentions("backward") or "torch" in inquiry.module.tables.libraries):
        return []
    found = [(kept, loop) for kept in kept_values(scope) if (loop := _batch_loop(kept)) is not None]
    if not found or is_managed(scope):
        return []
    graphs, groups = Graphs(scope), dict[ast.AST, list[KeptGraph]]()
    if not graphs.backwards and module_around(scope):
        return []  # whoever calls it may have switched autograd off
    for kept, loop in sorted(found, key=lambda pair: scope.tree.span(pair[0].node)):
        value = scope.value(kept.node)
        if graphs.carries(value) and records(scope, kept.block) and not _is_used(kept, graphs):
            is_number = kept.added and graphs.is_scalar(value) and _starts_as_number(kept)
            groups.setdefault(loop.node, []).append(KeptGraph(kept, is_number))
    return list(groups.values())


def kept_values(scope: Scope) -> Iterator[Kept]:
    """The places of a scope that add to, append to or fill something."""
    for event in scope.flow.events:
        match event.node:
            case ast.AugAssign(target=holder, op=ast.Add(), value=node):
                yield Kept(scope, event.node, event.block, holder, node, True)
            case ast.Call(func=ast.Attribute(value=holder, attr="append"), args=[node]):
                yield Kept(scope, event.node, event.block, holder, node, False)
    for statement, block in scope.flow.blocks.items():
        match statement:
            case ast.Assign(targets=[holder], value=ast.BinOp(left=left, op=ast.Add(), right=node)):
                if _dumped(left) == _dumped(holder):
                    yield Kept(scope, statement, block, left, node, True)
            case ast.Assign(targets=[ast.Subscript(value=holder, slice=key)], value=node):
                if not isinstance(key, ast.Constant | ast.Slice):
                    yield Kept(scope, statement, block, holder, node, False)


def _batch_loop(kept: Kept) -> Loop | None:
    """The loop over batches, or that trains, which what is kept outlives; None if it does not outlive one."""
    around = [
        Loop(kept.scope, block.node)
        for block in kept.block.chain()
        if isinstance(block.node, ast.For | ast.AsyncFor | ast.While)
    ]
    if isinstance(kept.node, ast.Constant) or not any(map(_is_batch_loop, around)):
        return None
    for loop in around:
        if _is_renewed(kept, loop) or _is_short(loop):
            return None
        if _is_batch_loop(loop):
            return loop
    return None


def _is_batch_loop(loop: Loop) -> bool:
    return loop.scope.inquiry.once(
        (_is_batch_loop, loop.node), lambda: _runs_over_batches(loop) or train_loop(loop) is not None
    )


def _runs_over_batches(loop: Loop) -> bool:
    return any(
        is_loader_name(name) or is_evaluation_loader_name(name)
        for iteration in iterations(loop.scope)
        if iteration.node is loop.node
        for name in names(loop.scope, iteration.iterable)
    )


def _is_short(loop: Loop) -> bool:
    """Whether a loop has a few rounds that are written out: `range(3)`."""
    match loop.iterable:
        case Result(Ref("builtins.range"), (Const(int(count)),)):
            return count <= 4
    return False


def _is_renewed(kept: Kept, loop: Loop) -> bool:
    """Whether a loop makes, empties or deletes what holds the values in each iteration."""
    scope = kept.scope
    renewals = scope.inquiry.once((_renewals, scope), lambda: _renewals(scope))
    return any(
        node is not kept.statement and loop.holds(block)
        for holder in _with_owners(kept.holder)
        for node, block in renewals.get(_dumped(holder), ())
    )


def _with_owners(holder: ast.expr) -> Iterator[ast.expr]:
    """What holds something, and what that is kept in: `info` of `info["loss"]`."""
    yield holder
    while isinstance(holder, ast.Subscript | ast.Attribute):
        holder = holder.value
        yield holder


def _renewals(scope: Scope) -> dict[str, list[tuple[ast.AST, Block]]]:
    """Where a scope makes, empties or deletes things, by what they are called."""
    found: dict[str, list[tuple[ast.AST, Block]]] = {}
    for statement, block in scope.flow.blocks.items():
        for holder in _made_anew(statement):
            found.setdefault(holder, []).append((statement, block))
    for call in scope.calls:
        if call.method == "clear" and isinstance(call.node.func, ast.Attribute):
            found.setdefault(_dumped(call.node.func.value), []).append((call.node, call.block))
    return found


def _made_anew(statement: ast.AST) -> Iterator[str]:
    """What a statement binds or deletes, unless it adds to what was there."""
    targets = getattr(statement, "targets", None) or [getattr(statement, "target", None)]
    if not isinstance(statement, ast.Assign | ast.AnnAssign | ast.For | ast.Delete):
        return
    value = getattr(statement, "value", None)
    added_to = _dumped(value.left) if isinstance(value, ast.BinOp) else None
    for target in targets:
        yield from (holder for holder in _bound(target) if holder != added_to)


def _bound(target: ast.AST | None) -> Iterator[str]:
    match target:
        case ast.Tuple(elts=elements) | ast.List(elts=elements):
            for element in elements:
                yield from _bound(element)
        case ast.Subscript(slice=ast.Slice(), value=whole):  # del losses[:]
            yield from _bound(whole)
        case ast.Name() | ast.Attribute():
            yield _dumped(target)


def _dumped(node: ast.AST) -> str:
    """An expression in a form that is equal for equal ones, whether they are read or written."""
    if isinstance(node, ast.Name):
        return node.id
    return re.sub(r"Store\(\)|Del\(\)", "Load()", ast.dump(node))


def _is_used(kept: Kept, graphs: Graphs) -> bool:
    """Whether something may differentiate what is kept."""
    scope = kept.scope
    held = frozenset(identity(o) for o in options(scope.value(kept.holder)) if not isinstance(o, Const))
    for act in graphs.backwards:
        given = [act.receiver, *(act.in_body(act.call.scope.value(arg)) for arg in act.call.node.args)]
        if any(_comes_from(value, kept, held) for value in given if value is not None):
            return True
    holder = scope.value(kept.holder)
    for act in graphs.acts:
        name = act.call.method or written_name(act.call.node.func)
        if _TRAINING_NAME.search(name) and is_unknown(act) and passes(act, holder):
            return True
    if any(_comes_from(converted, kept, held) for converted in _converted(scope)):
        return True
    return _is_read_by_training_elsewhere(kept) or (not graphs.backwards and _is_returned(kept, held))


def _converted(scope: Scope) -> Iterator[Value]:
    """What is converted to NumPy as it is: it would raise if it had a graph, so something took it off."""
    return (call.receiver for call in scope.calls if call.method == "numpy" and call.receiver is not None)


def _comes_from(value: Value, kept: Kept, held: frozenset[object]) -> bool:
    return any(
        identity(part) in held
        or (isinstance(part, Op) and part.site is not None and part.site.node is kept.statement)
        for part in upstream(value)
    )


def _is_returned(kept: Kept, held: frozenset[object]) -> bool:
    nodes = [e.node.value for e in kept.scope.flow.events if isinstance(e.node, ast.Return) and e.node.value]
    return any(_comes_from(kept.scope.value(node), kept, held) for node in nodes)


def _is_read_by_training_elsewhere(kept: Kept) -> bool:
    """Whether another function that runs backward mentions the attribute that holds the values."""
    if not isinstance(kept.holder, ast.Attribute):
        return False
    inquiry, name = kept.scope.inquiry, kept.holder.attr
    pieces = set(inquiry.pieces("mentions", "backward")) & set(inquiry.pieces("mentions", name))
    return bool(pieces - {kept.scope.piece})


def _starts_as_number(kept: Kept) -> bool:
    """Whether a total is a Python number before the first value is added."""
    scope, value = kept.scope, kept.scope.value(kept.holder)
    if isinstance(value, Attr):
        own = own_class_of(scope, value.owner)
        found = own.attribute_values(value.name) if own is not None else ()
        return any(isinstance(one, Const) for one in found)
    starts = [one for one in options(value) if not isinstance(one, Op | Unknown)]
    return bool(starts) and all(isinstance(one, Const) for one in starts)
