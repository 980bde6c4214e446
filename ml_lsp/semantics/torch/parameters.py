"""Whose parameters an optimizer moves, and whether clearing one thing's gradients clears another's."""

from __future__ import annotations

from collections.abc import Hashable

from ml_lsp.semantics import library, types
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.torch.objects import unwrapped
from ml_lsp.semantics.values import Attr, Display, Item, Result, Star, Value, identity, options, walk

_ITERATORS = ("parameters", "named_parameters", "state_dict")


def origin(scope: Scope, value: Value) -> Value:
    """A value followed to what was assigned to it, where an attribute of an own class is set once."""
    for _ in range(4):
        if not isinstance(value, Attr):
            return value
        own = types.own_class_of(scope, value.owner)
        found = own.attribute_values(value.name) if own is not None else ()
        if len(found) != 1:
            return value
        value = found[0]
    return value


def trained(scope: Scope, optimizer: Value) -> tuple[Value, ...] | None:
    """The modules and tensors that an optimizer was made for; None if they are not known."""
    made = origin(scope, optimizer)
    if not isinstance(made, Result):
        return None
    given = made.argument(0, "params")
    return _owners(given) if given is not None else None


def _owners(given: Value) -> tuple[Value, ...] | None:
    match given:
        case Result(Attr(owner, name), _) if name in _ITERATORS:
            return (unwrapped(owner),)
        case Star(of):
            return _owners(of)
        case Display("dict"):
            group = given.get("params")
            return _owners(group) if group is not None else None
        case Display("list" | "tuple", items) if items:
            found = [_owners(item) or (item,) for item in items]
            return tuple(owner for owners in found for owner in owners)
    return None


def certainly_apart(scope: Scope, one: Value, two: Value) -> bool:
    """Whether clearing the gradients of `one` leaves those that the optimizer `two` uses as they are."""
    if identity(one) == identity(two):
        return False
    first, second = _moved(scope, one), trained(scope, two)
    if first is None or second is None:
        return False
    return all(are_apart(scope, left, right) for left in first for right in second)


def _moved(scope: Scope, value: Value) -> tuple[Value, ...] | None:
    """What is cleared: the parameters of an optimizer, or a module or tensor itself."""
    if types.is_a(scope, value, library.OPTIMIZER):
        return trained(scope, value)
    return (unwrapped(value),)


def are_apart(scope: Scope, left: Value, right: Value) -> bool:
    """Whether two modules certainly share no parameters: each is made without the other, and is no part of it."""
    if not _names_of(scope, left).isdisjoint(_wholes(scope, right)):
        return False
    if not _names_of(scope, right).isdisjoint(_wholes(scope, left)):
        return False
    left, right = (unwrapped(origin(scope, unwrapped(value))) for value in (left, right))
    made = all(isinstance(option, Result) for value in (left, right) for option in options(value))
    if not made or identity(left) == identity(right):
        return False
    ones, others = ({identity(part) for part in walk(value)} for value in (left, right))
    return identity(left) not in others and identity(right) not in ones


def _names_of(scope: Scope, value: Value) -> set[Hashable]:
    """A module itself, as it is named and as what it was made."""
    value = unwrapped(value)
    return {identity(value), identity(unwrapped(origin(scope, value)))}


def _wholes(scope: Scope, value: Value) -> set[Hashable]:
    """What a module is, and what it is a part of: `net.head` is a part of `net`, and of what `net` was made as."""
    found: set[Hashable] = set()
    while True:
        value = unwrapped(value)
        found |= _names_of(scope, value)
        if not isinstance(value, Attr | Item):
            return found
        value = value.owner


def clears_for(scope: Scope, clearing: Value, optimizer: Value) -> bool:
    """Whether clearing one thing's gradients may clear those that an optimizer uses."""
    return not certainly_apart(scope, clearing, optimizer)


def clears_certainly(scope: Scope, clearing: Value, optimizer: Value) -> bool:
    """Whether clearing one thing's gradients is certain to clear those that an optimizer uses."""
    if identity(clearing) == identity(optimizer):
        return True
    owners = trained(scope, optimizer) or ()
    wiped = identity(origin(scope, unwrapped(clearing)))
    return any(wiped == identity(origin(scope, owner)) for owner in owners)
