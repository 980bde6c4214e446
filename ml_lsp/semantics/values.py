"""What an expression stands for, as far as the text shows it: frozen values that checks match on.

Two values are equal if they are written alike; whether they are one object is `identity`'s question.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Hashable, Iterable, Iterator
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ml_lsp.semantics.scope import Scope


@dataclass(frozen=True, eq=False)
class Site:
    """Where a value comes from: an expression and the scope it stands in."""

    scope: Scope
    node: ast.AST


@dataclass(frozen=True, eq=False, repr=False)
class Value:
    """Any value; `site` is the expression that made it and takes no part in comparisons.

    Values share their parts: a chain of twenty assignments is a value with a million ways to its leaves. So
    hashes and identities are computed once, and whatever walks values must look at each object once.
    """

    site: Site | None = field(default=None, compare=False, repr=False, kw_only=True)

    @property
    def _parts(self) -> tuple[object, ...]:
        return tuple(getattr(self, name) for name in _compared(type(self)))

    def __hash__(self) -> int:
        known: int | None = self.__dict__.get("_hash")
        if known is None:
            known = hash((type(self), self._parts))
            object.__setattr__(self, "_hash", known)
        return known

    def __eq__(self, other: object) -> bool:
        if self is other:
            return True
        if type(self) is not type(other) or hash(self) != hash(other):
            return False
        return isinstance(other, Value) and self._parts == other._parts

    def __repr__(self) -> str:
        return _shown(self, 5)


_COMPARED: dict[type[Value], tuple[str, ...]] = {}


def _compared(kind: type[Value]) -> tuple[str, ...]:
    """The fields of a kind of value that take part in comparisons."""
    if kind not in _COMPARED:
        _COMPARED[kind] = tuple(item.name for item in fields(kind) if item.compare)
    return _COMPARED[kind]


def _shown(item: object, depth: int) -> str:
    """A value, or a tuple of them, for people: what lies deeper than `depth` is left out."""
    if isinstance(item, tuple):
        return f"({', '.join(_shown(part, depth) for part in item)})"
    if not isinstance(item, Value):
        return repr(item)
    inside = ", ".join(_shown(part, depth - 1) for part in item._parts) if depth else "..."
    return f"{type(item).__name__}({inside})"


@dataclass(frozen=True, eq=False, repr=False)
class Unknown(Value):
    """Nothing can be told."""


@dataclass(frozen=True, eq=False, repr=False)
class Const(Value):
    """A literal: number, string, bytes, bool, None, Ellipsis."""

    value: Any


@dataclass(frozen=True, eq=False, repr=False)
class Ref(Value):
    """An outside name in its public spelling: `torch.nn.BCELoss`, `builtins.len`, `.models.build` (relative)."""

    name: str


@dataclass(frozen=True, eq=False, repr=False)
class Global(Value):
    """A function or class of the project; `module` is the path of its file, empty for the one under review."""

    name: str
    module: str = ""


@dataclass(frozen=True, eq=False, repr=False)
class Local(Value):
    """A function, lambda or class defined inside a function; `site.node` is its definition."""

    name: str


@dataclass(frozen=True, eq=False, repr=False)
class Param(Value):
    """A parameter of the function called `function`."""

    name: str
    function: str


@dataclass(frozen=True, eq=False, repr=False)
class Attr(Value):
    """An attribute of a value that is not an outside name."""

    owner: Value
    name: str


@dataclass(frozen=True, eq=False, repr=False)
class Result(Value):
    """What a call returns. A keyword of None is `**keywords`."""

    callee: Value
    args: tuple[Value, ...] = ()
    keywords: tuple[tuple[str | None, Value], ...] = ()

    def keyword(self, name: str) -> Value | None:
        """The value passed by that keyword."""
        return next((value for key, value in self.keywords if key == name), None)

    def argument(self, position: int, name: str) -> Value | None:
        """The value passed at a 0-based position or by keyword; None if not passed."""
        plain = self.args[: position + 1]
        if len(plain) > position and not any(isinstance(value, Star) for value in plain):
            return plain[position]
        return self.keyword(name)


@dataclass(frozen=True, eq=False, repr=False)
class Star(Value):
    """An argument or element `*of`."""

    of: Value


@dataclass(frozen=True, eq=False, repr=False)
class Item(Value):
    """A subscript of a value; an index of Unknown stands for a slice or anything that cannot be told."""

    owner: Value
    index: Value


@dataclass(frozen=True, eq=False, repr=False)
class Element(Value):
    """One of what iterating `of` yields."""

    of: Value


@dataclass(frozen=True, eq=False, repr=False)
class Entered(Value):
    """What `with of as name` binds."""

    of: Value


@dataclass(frozen=True, eq=False, repr=False)
class Op(Value):
    """An operator with its operands: `+`, `+=`, `<`, `not`, `f-string`, `await`, `except` ..."""

    symbol: str
    operands: tuple[Value, ...]


@dataclass(frozen=True, eq=False, repr=False)
class Display(Value):
    """A list, tuple, set or dict written out (`keys` beside `items` for a dict), or a comprehension."""

    kind: str
    items: tuple[Value, ...]
    keys: tuple[Value | None, ...] = ()

    def get(self, key: object) -> Value | None:
        """The item under a constant key of a dict, or at a position of a list or tuple; None if not there."""
        if self.kind == "dict":
            for known, item in zip(reversed(self.keys), reversed(self.items), strict=True):
                if isinstance(known, Const) and known.value == key:
                    return item
            return None
        plain = self.kind in ("list", "tuple") and not any(isinstance(item, Star) for item in self.items)
        if plain and isinstance(key, int) and -len(self.items) <= key < len(self.items):
            return self.items[key]
        return None


@dataclass(frozen=True, eq=False, repr=False)
class Either(Value):
    """One of several values, depending on the way that was taken."""

    options: tuple[Value, ...]


UNKNOWN = Unknown()
_MOST_OPTIONS = 8


def either(values: Iterator[Value] | tuple[Value, ...] | list[Value]) -> Value:
    """One value for several: flat, without doubles; Unknown if there are none or too many to follow."""
    given = [option for value in values for option in options(value)]
    if len(given) == 1:  # the usual case: hashing a deep value is slow
        return given[0]
    flat: dict[tuple[Value, Hashable], Value] = {}
    for option in given:
        flat.setdefault((option, identity(option)), option)
    if not flat or len(flat) > _MOST_OPTIONS:
        return UNKNOWN
    found = tuple(flat.values())
    return found[0] if len(found) == 1 else Either(found)


def options(value: Value) -> tuple[Value, ...]:
    """The values that one value can be."""
    return value.options if isinstance(value, Either) else (value,)


def placed(value: Value, site: Site) -> Value:
    """The value with a site if it has none."""
    if value.site is not None:
        return value
    copy = object.__new__(
        type(value)
    )  # `replace` asks for the fields each time: this is done for all expressions
    copy.__dict__.update(value.__dict__, site=site)
    copy.__dict__.pop("_identity", None)
    return copy


def item_under(value: Value | None, *keys: str) -> Value | None:
    """What stands under keys, one in the other, in dicts that are written out; None where a key or a dict is none."""
    for key in keys:
        value = value.get(key) if isinstance(value, Display) and value.kind == "dict" else None
    return value


def identity(value: Value) -> Hashable:
    """A key that two values share if they are one object, as far as the text shows it."""
    if "_identity" not in value.__dict__:
        object.__setattr__(value, "_identity", _identity(value))
    known: Hashable = value.__dict__["_identity"]
    return known


def _identity(value: Value) -> Hashable:
    match value:
        case Attr(owner, name):
            return ("attr", identity(owner), name)
        case Item(owner, Const(key)):
            return ("item", identity(owner), repr(key))
        case Entered(of):
            return identity(of)
        case Either(found):
            return ("either", frozenset(identity(option) for option in found))
        case Param() if (owner_node := _instance_of(value)) is not None:
            return ("self", owner_node)
        case Param() | Ref() | Global():
            return value
        case Const(constant):
            return ("const", type(constant), repr(constant))
    if value.site is not None:
        return ("site", value.site.node)
    return ("value", value)


def _instance_of(value: Param) -> ast.AST | None:
    """The class whose method has this parameter as its `self`: one object in all methods of the class."""
    scope = value.site.scope if value.site is not None else None
    if scope is None or scope.self_name != value.name or scope.owner is None:
        return None
    return scope.owner.node


def parts(value: Value) -> Iterator[Value]:
    """The values that a value is directly made of."""
    match value:
        case Attr(owner=of) | Star(of) | Element(of) | Entered(of):
            yield of
        case Item(owner, index):
            yield owner
            yield index
        case Result(callee, args, keywords):
            yield callee
            yield from args
            yield from (item for _, item in keywords)
        case Op(operands=items) | Either(items):
            yield from items
        case Display(items=items, keys=keys):
            yield from (key for key in keys if key is not None)
            yield from items


def walk(value: Value, along: Callable[[Value], Iterable[Value]] = parts) -> Iterator[Value]:
    """A value and all it is made of (or leads to, `along` other ways), each once, in no particular order."""
    seen: set[int] = set()
    waiting = [value]
    while waiting:
        value = waiting.pop()
        if id(value) not in seen:
            seen.add(id(value))
            yield value
            waiting += along(value)


def parameters(value: Value) -> frozenset[str]:
    """The names of the parameters a value is made of; found once, without recursion: values nest deep."""
    waiting = [value]
    while waiting:
        current = waiting[-1]
        if "_parameters" in current.__dict__:
            waiting.pop()
        elif unknown := [part for part in parts(current) if "_parameters" not in part.__dict__]:
            waiting += unknown
        else:
            own = frozenset((current.name,)) if isinstance(current, Param) else _NO_NAMES
            found = own.union(*(part.__dict__["_parameters"] for part in parts(current)))
            object.__setattr__(current, "_parameters", found or _NO_NAMES)
    known: frozenset[str] = value.__dict__["_parameters"]
    return known


_NO_NAMES: frozenset[str] = frozenset()


def substitute(value: Value, by: dict[Param, Value], depth: int = 12) -> Value:
    """The value with parameters replaced: a helper's value in terms of its caller."""
    return _Substitution(by).of(value, depth) if by else value


class _Substitution:
    """One replacement of parameters; parts that values share are rebuilt once."""

    def __init__(self, by: dict[Param, Value]) -> None:
        self._by, self._names = by, frozenset(parameter.name for parameter in by)
        self._done: dict[int, Value] = {}

    def of(self, value: Value, depth: int) -> Value:
        if not depth or self._names.isdisjoint(parameters(value)):
            return value
        if isinstance(value, Param):
            return self._by.get(value, value)
        if id(value) not in self._done:
            self._done[id(value)] = _rebuilt(value, lambda part: self.of(part, depth - 1))
        return self._done[id(value)]


def _rebuilt(value: Value, again: Callable[[Value], Value]) -> Value:
    """The same value made of other parts."""
    match value:
        case Attr(owner, name):
            return Attr(again(owner), name, site=value.site)
        case Item(owner, index):
            return Item(again(owner), again(index), site=value.site)
        case Element(of) | Entered(of) | Star(of):
            return type(value)(again(of), site=value.site)
        case Result(callee, args, keywords):
            pairs = tuple((key, again(item)) for key, item in keywords)
            return Result(again(callee), tuple(map(again, args)), pairs, site=value.site)
        case Op(symbol, operands):
            return Op(symbol, tuple(map(again, operands)), site=value.site)
        case Display(kind, items, keys):
            return Display(kind, tuple(map(again, items)), keys, site=value.site)
        case Either(found_options):
            return either([again(option) for option in found_options])
    return value
