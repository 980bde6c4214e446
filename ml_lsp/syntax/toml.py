"""TOML files as settings with places: values as Python's tomllib reads them, and where in the text each stands.

tomllib tells no places, and tomlkit, which keeps layout, none either. So the text is walked for the places of keys
and values alone, loosely; that it is TOML, and what its values are, tomllib says.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any

from ml_lsp.syntax.config_tree import ConfigError, Document, Entry, Node, Style
from ml_lsp.text import Source, Span

# Deeper than any real file; bounds recursion, and the time that tomllib takes for long dotted keys.
MAX_DEPTH = 50

_BLANK = re.compile(r"(?>(?:[ \t\r\n]++|#[^\n]*+)*)")
_KEY = re.compile(r"\"(?>(?:[^\"\\\n]++|\\.)*)\"|'[^'\n]*+'|[A-Za-z0-9_-]++")
_DOT = re.compile(r"[ \t]*+\.[ \t]*+")
STRING = (
    r'"""(?>(?:[^"\\]++|\\[\s\S]|"(?!""))*)"{3,5}|"(?!"")(?>(?:[^"\\\n]++|\\.)*)"'
    r"|'''(?>(?:[^']++|'(?!''))*)'{3,5}|'(?!'')[^'\n]*+'"
)
"""The pattern of a string with its quotes."""
_SCALAR = re.compile(
    rf"{STRING}"
    r"|\d{4}-\d\d-\d\d \d\d:[^\s,\]}#]*+|[^\s,\[\]{}#\"'=]++"
)
_PLACE = re.compile(r" \(at (?:line (\d+), column (\d+)|end of document)\)\Z")


@dataclass
class _Table:
    """A table that is being read: what is under its keys. `span`: of an inline one; else it ends where its last
    value does, and stands `at` a place while it has none."""

    at: int
    span: Span | None = None
    keys: dict[str, Node] = field(default_factory=dict)
    values: dict[str, _Item] = field(default_factory=dict)


@dataclass
class _Array:
    """An array that is being read. `span`: of one in brackets; None of an array of tables."""

    span: Span | None = None
    items: list[_Item] = field(default_factory=list)


_Item = _Table | _Array | Span
"""A scalar is its place."""


def parse_toml(text: str) -> Document:
    """Read a TOML text; a byte order mark at its start is passed over. Its comments are not told.

    Dotted keys and tables stand in the tree as mappings, wherever their parts are; a key that several of them
    share is where it comes first.

    Raises:
        ConfigError: if it is not TOML, or nests deeper than `MAX_DEPTH`.
    """
    start = len(text) - len(text.removeprefix("\ufeff"))
    root = _Walk(text, start).document()
    try:
        values = tomllib.loads(text[start:])
    except tomllib.TOMLDecodeError as error:
        message, place = str(error), _PLACE.search(str(error))
        line, column = (int(place[1]) - 1, int(place[2]) - 1) if place and place[1] else _end(text)
        raise ConfigError(_PLACE.sub("", message), line, column) from error
    except ValueError as error:  # an integer of more digits than Python converts
        raise ConfigError(str(error), 0, 0) from error
    return Document(_node(text, root, values, None), text, Span(0, len(text)))


def _end(text: str) -> tuple[int, int]:
    position = Source(text).position(len(text))
    return position[0], position[1]


class _Walk:
    """One way through a text, from a place on."""

    def __init__(self, text: str, at: int) -> None:
        self.text = text
        self.at = at

    def document(self) -> _Table:
        """All of it."""
        root = table = _Table(self.at)
        depth = 0
        while self._skip_blank() < len(self.text):
            if self.text.startswith("[", self.at):
                table, depth = self._header(root)
            else:
                self._pair(table, depth)
        return root

    def _header(self, root: _Table) -> tuple[_Table, int]:
        """The table that `[a.b]` or `[[a.b]]` opens, and how deep it is."""
        brackets = 2 if self.text.startswith("[[", self.at) else 1
        self._expect("[" * brackets)
        keys = self._keys(0)
        self._expect("]" * brackets)
        table = self._inside(root, keys[:-1])
        if brackets == 1:
            return self._inside(table, keys[-1:]), len(keys)
        opened = _Table(self.at)
        array = table.values.setdefault(keys[-1].text, _Array())
        if not isinstance(array, _Array):
            raise self._error(f"{keys[-1].text} is no array of tables")
        table.keys.setdefault(keys[-1].text, keys[-1])
        array.items.append(opened)
        return opened, len(keys) + 1

    def _pair(self, table: _Table, depth: int) -> None:
        keys = self._keys(depth)
        self._expect("=")
        inner = self._inside(table, keys[:-1])
        if keys[-1].text in inner.keys:
            raise self._error(f"{keys[-1].text} stands here twice")
        inner.keys[keys[-1].text] = keys[-1]
        inner.values[keys[-1].text] = self._value(depth + len(keys))

    def _inside(self, table: _Table, keys: list[Node]) -> _Table:
        """The table under some keys, opened where it is not yet; of an array of tables the last."""
        for key in keys:
            table.keys.setdefault(key.text, key)
            found = table.values.setdefault(key.text, _Table(self.at))
            if isinstance(found, _Array):
                found = found.items[-1] if found.items else Span(self.at, self.at)
            if not isinstance(found, _Table):
                raise self._error(f"{key.text} is no table")
            table = found
        return table

    def _keys(self, depth: int) -> list[Node]:
        keys = [self._key()]
        while dot := _DOT.match(self.text, self.at):
            self.at = dot.end()
            keys.append(self._key())
            if depth + len(keys) > MAX_DEPTH:
                raise self._error(f"nested deeper than {MAX_DEPTH} levels")
        return keys

    def _key(self) -> Node:
        self._skip_blank()
        found = _KEY.match(self.text, self.at)
        if found is None:
            raise self._error("expected a key")
        self.at = found.end()
        span, raw = Span(*found.span()), found[0]
        try:
            key = _unquoted(raw)
        except tomllib.TOMLDecodeError as error:
            raise self._error("no such key") from error
        return Node("scalar", span, span, _style(raw), raw, key, key, key)

    def _value(self, depth: int) -> _Item:
        if depth > MAX_DEPTH:
            raise self._error(f"nested deeper than {MAX_DEPTH} levels")
        start = self._skip_blank()
        if self.text.startswith("[", start):
            array = _Array()
            while self._goes_on("]", start):
                array.items.append(self._value(depth + 1))
            array.span = Span(start, self.at)
            return array
        if self.text.startswith("{", start):
            table = _Table(start)
            while self._goes_on("}", start):
                self._pair(table, depth)
            table.span = Span(start, self.at)
            return table
        found = _SCALAR.match(self.text, start)
        if found is None:
            raise self._error("expected a value")
        self.at = found.end()
        return Span(*found.span())

    def _goes_on(self, closing: str, start: int) -> bool:
        """Whether another item of a collection comes, before which its bracket or comma is passed over."""
        if self.at == start or self.text.startswith(",", self._skip_blank()):
            self.at += 1
        elif not self.text.startswith(closing, self.at):
            raise self._error(f"expected `,` or `{closing}`")
        if not self.text.startswith(closing, self._skip_blank()):
            return True
        self.at += 1
        return False

    def _expect(self, sign: str) -> None:
        if not self.text.startswith(sign, self._skip_blank()):
            raise self._error(f"expected `{sign}`")
        self.at += len(sign)

    def _skip_blank(self) -> int:
        found = _BLANK.match(self.text, self.at)
        self.at = found.end() if found else self.at
        return self.at

    def _error(self, message: str) -> ConfigError:
        line, column = Source(self.text).position(min(self.at, len(self.text)))
        return ConfigError(message, line, column)


@lru_cache(maxsize=1024)
def _unquoted(raw: str) -> str:
    """What a key says: quotes are left out, and what a basic string escapes is read by tomllib."""
    if raw[0] not in "\"'":
        return raw
    return next(iter(tomllib.loads(f"{raw} = 0"))) if "\\" in raw else raw[1:-1]


def _style(raw: str) -> Style:
    return {'"': "double", "'": "single"}.get(raw[:1], "plain")  # type: ignore[return-value]


def _node(text: str, item: _Item, value: Any, key_span: Span | None) -> Node:
    """What stands at a place, with its value from tomllib."""
    if isinstance(item, Span):
        raw = text[item.start : item.end]
        said = value if isinstance(value, str) else raw
        return Node("scalar", item, item, _style(raw), raw, said, value, value, key_span=key_span)
    style: Style = "flow" if item.span is not None else "block"
    if isinstance(item, _Array):
        items = tuple(_node(text, *pair, None) for pair in zip(item.items, value, strict=True))
        span = item.span or Span(items[0].span.start, items[-1].span.end)
        return Node("sequence", span, span, style, key_span=key_span, items=items)
    entries = tuple(
        Entry(key, _node(text, item.values[name], value[name], key.span)) for name, key in item.keys.items()
    )
    ends = [max(entry.key.span.end, entry.value.span.end) for entry in entries]
    starts = [entry.key.span.start for entry in entries]
    span = item.span or Span(min(starts, default=item.at), max(ends, default=item.at))
    return Node("mapping", span, span, style, key_span=key_span, entries=entries)
