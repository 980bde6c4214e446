"""What a YAML, JSON or TOML file says, with the place of everything: frozen nodes, and look-ups in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, time
from functools import cached_property
from typing import Literal, NamedTuple

from ml_lsp.text import Span

Kind = Literal["mapping", "sequence", "scalar"]
# `plain` to `folded` are styles of scalars, the others of mappings and sequences.
Style = Literal["plain", "single", "double", "literal", "folded", "block", "flow", "json"]
Value = str | int | float | bool | date | time | bytes | None
Path = tuple[str | int, ...]


class ConfigError(ValueError):
    """The text is not YAML, JSON or TOML: `message` says why; 0-based `line` and code-point `column` say where."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(f"{message} (line {line + 1}, column {column + 1})")
        self.message = message
        self.line = line
        self.column = column


def spelt_alike(name: str) -> str:
    """A name as options and keys are compared: `Batch-Size` and `batch_size` are one."""
    return name.lower().replace("-", "_")


class Entry(NamedTuple):
    """One key of a mapping with its value."""

    key: Node
    value: Node

    @property
    def span(self) -> Span:
        """From the start of the key, its tag and anchor included, to the end of the value."""
        return Span(self.key.whole.start, max(self.key.span.end, self.value.span.end))


class Comment(NamedTuple):
    """A comment from its `#` to the end of its line, without the line end."""

    span: Span
    text: str


@dataclass(frozen=True, eq=False)
class Node:
    """A mapping, sequence or scalar. Two nodes are equal only if they are the same node.

    Attributes:
        span: Where it stands, without tag and anchor. A block scalar's ends after its last line end; a block
            mapping or sequence ends with its last value; an empty scalar stands right after `:` or `-`.
        whole: The same with tag and anchor.
        raw: A scalar as written, quotes included; of an alias `*name`; else empty.
        text: A scalar's content after unquoting and unfolding, before it is resolved to a value.
        value: What PyYAML's safe loader (YAML 1.1) makes of a scalar; for JSON what `json` does, for TOML what
            `tomllib` does. A scalar with a tag of its own, or one that the loader cannot convert, keeps its text.
            None for collections.
        value_12: What YAML 1.2's core schema makes of it.
        tag: The tag as it resolves (`!env`, `tag:yaml.org,2002:int`), None if none is written.
        anchor: The name after `&`.
        alias: The name after `*`, if this is an alias: it shares the content of the node it points to, but
            not its place. One that points to a collection around itself has no content.
        key_span: Where its key stands, if it is the value of one.
    """

    kind: Kind
    span: Span
    whole: Span
    style: Style
    raw: str = ""
    text: str = ""
    value: Value = None
    value_12: Value = None
    tag: str | None = None
    tag_span: Span | None = None
    anchor: str | None = None
    alias: str | None = None
    key_span: Span | None = None
    entries: tuple[Entry, ...] = field(default=(), repr=False)
    items: tuple[Node, ...] = field(default=(), repr=False)

    @property
    def is_merge_key(self) -> bool:
        """Whether it is the key `<<` that merges other mappings."""
        return self.style == "plain" and self.text == "<<" and self.tag is None

    @property
    def is_plain(self) -> bool:
        """Whether it is a scalar without quotes and tag, whose meaning depends on who reads it."""
        return self.kind == "scalar" and self.style == "plain" and self.tag is None and self.alias is None

    def entry(self, key: str) -> Entry | None:
        """The entry in force for a key (by its text): the last one written here, else a merged one."""
        for mapping in _merged_mappings(self):
            found = mapping._own.get(key)
            if found:
                return found
        return None

    def all_entries(self) -> tuple[Entry, ...]:
        """The entries in force, merged ones included, `<<` left out; own ones first."""
        found: dict[str, Entry] = {}
        for mapping in _merged_mappings(self):
            for key, entry in mapping._own.items():
                found.setdefault(key, entry)
        return tuple(found.values())

    def get(self, *path: str | int) -> Node | None:
        """The node at a path of keys (by their text) and sequence indexes, through aliases and merges."""
        node: Node | None = self
        for step in path:
            node = node._child(step) if node else None
        return node

    def walk(self) -> Iterator[tuple[Path, Node]]:
        """This node and all values below it, in the order of the text, each with its path from here.

        Aliases are given and not entered, so every place comes once, however often it is referred to.
        """
        waiting: list[tuple[Path, Node]] = [((), self)]
        while waiting:
            path, node = waiting.pop()
            yield path, node
            if node.alias is None or not path:
                below = [((*path, entry.key.text), entry.value) for entry in node.entries]
                waiting += reversed(below or [((*path, at), item) for at, item in enumerate(node.items)])

    @cached_property
    def entries_below(self) -> Mapping[str, tuple[Entry, ...]]:
        """All entries of this node and of what is below it, in the order of the text, by their keys `spelt_alike`.

        What aliases and merges bring is not counted again.
        """
        found: dict[str, list[Entry]] = {}
        for _, node in self.walk():
            for entry in node.entries if node.alias is None else ():
                found.setdefault(spelt_alike(entry.key.text), []).append(entry)
        return {name: tuple(entries) for name, entries in found.items()}

    @cached_property
    def duplicates(self) -> tuple[tuple[Entry, Entry], ...]:
        """Entries whose key was there before in this mapping: (the earlier entry, what replaces it)."""
        seen: dict[object, Entry] = {}
        found: list[tuple[Entry, Entry]] = []
        for entry in self.entries:
            if entry.key.kind == "scalar" and not entry.key.is_merge_key:
                identity = (entry.key.tag, entry.key.value)
                if identity in seen:
                    found.append((seen[identity], entry))
                seen[identity] = entry
        return tuple(found)

    @cached_property
    def _own(self) -> dict[str, Entry]:
        return {entry.key.text: entry for entry in self.entries if not entry.key.is_merge_key}

    def _child(self, step: str | int) -> Node | None:
        if isinstance(step, int):
            return self.items[step] if -len(self.items) <= step < len(self.items) else None
        entry = self.entry(step)
        return entry.value if entry else None


@dataclass(frozen=True, eq=False)
class Document:
    """One document of a file: its root, the range from its first to its last line, and the comments there.

    `text` is the text of the whole file, to which all spans refer.
    """

    root: Node
    text: str = field(repr=False)
    span: Span
    comments: tuple[Comment, ...] = ()

    def get(self, *path: str | int) -> Node | None:
        """The node at a path of keys and indexes; None if there is none."""
        return self.root.get(*path)

    def walk(self) -> Iterator[tuple[Path, Node]]:
        """All values in the order of the text, each with its path."""
        return self.root.walk()


def _merged_mappings(node: Node) -> Iterator[Node]:
    """The mapping itself and those it merges, the strongest first; each once, so that bombs stay small.

    Own keys win, then the last `<<`, and in the list of one `<<` the first mapping: so PyYAML up to 6.0.3 and
    https://yaml.org/type/merge.html (6.0.4 lets the last mapping of a list win for most keys).
    """
    waiting, seen = [node], set[int]()
    while waiting:
        mapping = waiting.pop()
        if id(mapping.entries) in seen:
            continue
        seen.add(id(mapping.entries))
        yield mapping
        for entry in mapping.entries:
            if entry.key.is_merge_key:
                waiting += reversed(entry.value.items or (entry.value,))
