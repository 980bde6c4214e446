"""What a body does, helpers included: the calls it makes itself and those of functions it calls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from ml_lsp.semantics.call import Call
from ml_lsp.semantics.flow import Block
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.types import arguments_of
from ml_lsp.semantics.values import Param, Result, Value, substitute

_DEEPEST = 3


@dataclass(frozen=True, eq=False)
class Act:
    """A call that a body makes, itself or through helpers.

    `call` is the call as it stands; `through` are the calls that lead to it, outermost first, so `top` is
    the call in the body itself and says when it happens there.
    """

    call: Call
    through: tuple[Call, ...] = ()
    bound: tuple[dict[Param, Value], ...] = ()

    @property
    def top(self) -> Call:
        """The call in the body itself."""
        return self.through[0] if self.through else self.call

    @property
    def when(self) -> tuple[int, int]:
        """When it happens in the body."""
        return self.top.when

    @property
    def block(self) -> Block:
        """The block of the body in which it happens."""
        return self.top.block

    @cached_property
    def receiver(self) -> Value | None:
        """What a method is called on, in terms of the body."""
        return self.in_body(self.call.receiver) if self.call.receiver is not None else None

    @cached_property
    def given(self) -> tuple[Value, ...]:
        """What the call is given as arguments, in terms of the body."""
        found = self.call.value
        if not isinstance(found, Result):
            return ()
        return tuple(self.in_body(arg) for arg in (*found.args, *(item for _, item in found.keywords)))

    def in_body(self, value: Value) -> Value:
        """A value of the helper in terms of the body: parameters replaced by what is passed."""
        for bound in reversed(self.bound):
            value = substitute(value, bound)
        return value


def acts(calls: Iterable[Call], deepest: int = _DEEPEST) -> Iterator[Act]:
    """The calls given, each followed by what it does if it runs a function of this module."""
    for call in calls:
        yield Act(call)
        yield from _inside(call, (), (), frozenset({call.scope}), deepest)


def _inside(
    call: Call,
    through: tuple[Call, ...],
    bound: tuple[dict[Param, Value], ...],
    around: frozenset[Scope],
    deepest: int,
) -> Iterator[Act]:
    target = call.target if deepest else None
    if target is None or target in around:
        return
    value = call.value
    names = arguments_of(target, value) if isinstance(value, Result) else {}
    through, bound = (*through, call), (*bound, names)
    for inner in target.calls:
        yield Act(inner, through, bound)
        yield from _inside(inner, through, bound, around | {target}, deepest - 1)


def callers(scope: Scope) -> list[Call] | None:
    """All calls of a function in its module; None if some cannot be seen.

    Not all can be seen of a function that is passed on as a value, decorated, or a method of a class with
    bases that are not known to leave it alone.
    """
    from ml_lsp.semantics.callers import find_callers

    return find_callers(scope)
