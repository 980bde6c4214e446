"""Where gradients are lost: cleared after a backward, before any step of their optimizer."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from ml_lsp.semantics.body import Body, Loop
from ml_lsp.semantics.flow import Block
from ml_lsp.semantics.reach import Act
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.torch.parameters import clears_certainly
from ml_lsp.semantics.torch.training import (
    acts_in,
    acts_of,
    cleared,
    conditions,
    happens_once,
    is_backward,
    is_hidden_method,
    is_managed_step,
    is_step,
    is_unknown,
    passes,
    reached,
    reads_gradients,
    stepped_optimizer,
)
from ml_lsp.semantics.values import Op, Value, identity, walk


@dataclass(frozen=True, eq=False)
class Wiped:
    """A call that clears gradients too early; `backward` made them, in the same row of statements."""

    clear: Act
    backward: Act | None = None

    @property
    def is_in_helper(self) -> bool:
        """Whether both stand in one helper, which is a body of its own."""
        through = self.clear.through[:1]
        return bool(through) and self.backward is not None and through == self.backward.through[:1]


@dataclass(frozen=True, eq=False)
class _Row:
    """What happens in order in a body or in one iteration of a loop, as far as gradients are concerned."""

    acts: tuple[Act, ...]

    @cached_property
    def steps(self) -> dict[Act, Value]:
        """The optimizer steps with their optimizers."""
        return {act: stepped_optimizer(act)[1] for act in self.acts if is_step(act)}

    @cached_property
    def clears(self) -> dict[Act, Value]:
        """The calls that clear gradients, with what is cleared."""
        found = ((act, cleared(act)) for act in self.acts)
        return {act: value for act, value in found if value is not None}

    @cached_property
    def backwards(self) -> tuple[Act, ...]:
        """The backward calls."""
        return tuple(act for act in self.acts if is_backward(act))

    @property
    def is_open(self) -> bool:
        """Whether nobody but this code looks after the gradients."""
        used = (*self.steps, *self.backwards)
        managed = any(is_managed_step(act.call.scope, [act]) for act in used)
        return bool(used) and not managed and not any(map(reads_gradients, reached(self.acts)))


def wiped(body: Body) -> Iterator[Wiped]:
    """The places in a body where gradients are cleared before they are used; one for each loop."""
    asked = body.scope.inquiry
    if not all(asked.mentions(word) for word in ("zero_grad", "backward", "step")):
        return
    row = _Row(acts_of(body))
    if not (row.clears and row.steps and row.backwards and row.is_open):
        return
    in_a_row = [found for clear in row.clears if (found := _in_a_row(row, clear)) is not None]
    yield from (found for found in in_a_row if not found.is_in_helper)
    for loop in body.loops():
        if not any(loop.holds(found.clear.block) for found in in_a_row):
            yield from _over_iterations(loop)


# ---------------------------------------------------------------------------- backward, clear, step in a row


def _in_a_row(row: _Row, clear: Act) -> Wiped | None:
    """A clear that stands between a backward and the step, in one block or the branches inside it."""
    block = _without_with(clear.block)
    near = [act for act in row.acts if block.parent is None or act.block.inside(block)]
    at = near.index(clear)
    if not any(_uses_first(row, act, clear) for act in _until_deciding(row, near[at + 1 :], clear)):
        return None
    for act in reversed(near[:at]):
        if act in row.backwards:
            return Wiped(clear, act)
        if act in row.steps or act in row.clears or _may_step(act, row.clears[clear]):
            return None
    return None


def _until_deciding(row: _Row, later: list[Act], clear: Act) -> Iterator[Act]:
    """The first act behind a clear that makes or uses gradients, if it is certain which one that is."""
    for act in later:
        if act in row.backwards or _uses_first(row, act, clear):
            yield act
            return
        if _may_step(act, row.clears[clear]):
            return


def _uses_first(row: _Row, act: Act, clear: Act) -> bool:
    """Whether an act is a step of the optimizer whose gradients were cleared."""
    optimizer = row.steps.get(act)
    return optimizer is not None and clears_certainly(act.call.scope, row.clears[clear], optimizer)


def _may_step(act: Act, optimizer: Value) -> bool:
    """Whether a call that is not known may do a part of the training step."""
    return is_hidden_method(act) or (is_unknown(act) and passes(act, optimizer))


def _without_with(block: Block) -> Block:
    """The block that a row of statements belongs to, `with` blocks taken as part of what is around them."""
    while isinstance(block.node, ast.With | ast.AsyncWith) and block.parent is not None:
        block = block.parent
    return block


# ---------------------------------------------------------------------------- from one iteration to the next


def _over_iterations(loop: Loop) -> Iterator[Wiped]:
    """The clear of a loop that throws away what the backward of the same or an earlier iteration left."""
    everything = acts_in(loop)
    row = _Row(tuple(act for act in everything if loop.holds_directly(act.block) and happens_once(act)))
    optimizers = {identity(optimizer): optimizer for optimizer in row.steps.values()}
    inner = [act for act in everything if is_step(act) and act not in row.steps]
    if len(optimizers) != 1 or inner or not row.backwards:
        return
    (optimizer,) = optimizers.values()
    clears = [act for act, value in row.clears.items() if clears_certainly(act.call.scope, value, optimizer)]
    if not clears or any(_may_step(act, optimizer) for act in row.acts):
        return
    branches = _Branches(loop, (*clears, *row.steps, *row.backwards))
    if any(map(branches.own, clears)):
        return
    if _always_first(row, clears) or _in_vain(row, branches):
        yield Wiped(clears[0])


@dataclass(frozen=True, eq=False)
class _Branches:
    """The branches of a loop that only some of its acts wait for."""

    loop: Loop
    acts: tuple[Act, ...]

    @cached_property
    def _common(self) -> set[tuple[ast.AST | None, str]]:
        found = [{(b.node, b.arm) for _, b in conditions(act, self.loop)} for act in self.acts]
        return set.intersection(*found)

    def own(self, act: Act) -> list[tuple[Scope, Block]]:
        """The branches that an act waits for and others do not."""
        return [(s, b) for s, b in conditions(act, self.loop) if (b.node, b.arm) not in self._common]


def _always_first(row: _Row, clears: list[Act]) -> bool:
    """Whether after each backward, going round the loop, a clear comes before a step."""
    deciding = [act for act in row.acts if act in clears or act in row.steps or act in row.backwards]
    return all(_next(deciding, backward, row.backwards) in clears for backward in row.backwards)


def _next(deciding: list[Act], act: Act, skip: tuple[Act, ...]) -> Act | None:
    """What follows an act in a circle, others of its kind passed over."""
    at = deciding.index(act)
    return next((found for found in (*deciding[at + 1 :], *deciding[:at]) if found not in skip), None)


def _in_vain(row: _Row, branches: _Branches) -> bool:
    """Whether steps are taken in every n-th iteration only, on gradients that each iteration makes anew."""
    waits = [{b.node for s, b in branches.own(step) if _is_every_nth(s, b)} for step in row.steps]
    inside = {block.node for backward in row.backwards for _, block in branches.own(backward)}
    return all(waits) and not any(nodes & inside for nodes in waits)


def _is_every_nth(scope: Scope, block: Block) -> bool:
    """Whether a branch is taken on a remainder: `if (i + 1) % n == 0:`."""
    if not isinstance(block.node, ast.If) or block.arm != "body":
        return False
    return any(isinstance(part, Op) and part.symbol == "%" for part in walk(scope.value(block.node.test)))
