"""YAML and JSON files as settings with places: every key and value with its exact range in the text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import yaml

from ml_lsp.syntax import json_places
from ml_lsp.syntax.config_tree import Comment, ConfigError, Document, Entry, Kind, Node, Style
from ml_lsp.syntax.yaml_scalars import plain_value, plain_value_12, tagged_value
from ml_lsp.text import Source, Span

# libyaml is ten times as fast as PyYAML's own scanner; both read the same YAML and place it alike.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_STYLES: dict[str | None, Style] = {"'": "single", '"': "double", "|": "literal", ">": "folded"}
_BREAK = "\r\n\x85\u2028\u2029"
_LINE = re.compile(rf"[^{_BREAK}]*+")
_PROPERTY = re.compile(r"&[0-9A-Za-z_-]*+|!<[^>]*+>|![^\s,\[\]{}]*+")
_GAP = re.compile(rf"(?>(?:[ \t{_BREAK}]++|\#[^{_BREAK}]*+)*)")
_COLON = re.compile(rf"{_GAP.pattern}:")
_COMMENT = re.compile(rf"^%[^{_BREAK}]*+|[!&*][^\s,\[\]{{}}]*+|(\#[^{_BREAK}]*+)", re.MULTILINE)


class _Properties(NamedTuple):
    """The anchor and tag that may stand before a value, where they start and where the value itself does."""

    first: int
    start: int
    tag: str | None = None
    tag_span: Span | None = None
    anchor: str | None = None


@dataclass
class _Open:
    """A collection whose end has not come yet; `children` of a mapping are keys and values in turn."""

    kind: Kind
    style: Style
    properties: _Properties
    children: list[Node] = field(default_factory=list)

    @property
    def pending_key(self) -> Node | None:
        """The key whose value comes next."""
        return self.children[-1] if self.kind == "mapping" and len(self.children) % 2 else None


@dataclass
class _Reading:
    """What is known of the document being read: open collections, named nodes, and where scalars stand."""

    text: str
    opened: list[_Open] = field(default_factory=list)
    anchors: dict[str, Node] = field(default_factory=dict)
    scalars: list[Span] = field(default_factory=list)
    root: Node | None = None

    def add(self, node: Node) -> None:
        """Put a complete node into the innermost open collection, or make it the root."""
        if node.anchor:
            self.anchors[node.anchor] = node
        if self.opened:
            self.opened[-1].children.append(node)
        else:
            self.root = node

    def open(self, collection: _Open, at: int) -> None:
        """Begin a collection inside the innermost open one."""
        if len(self.opened) == json_places.MAX_DEPTH:
            raise _error(self.text, f"nested deeper than {json_places.MAX_DEPTH} levels", at)
        self.opened.append(collection)

    def close(self, end: int | None) -> None:
        """Make a node of the innermost open collection; it ends at `end`, or with its last child if None."""
        done = self.opened.pop()
        first, start, tag, tag_span, anchor = done.properties
        if end is None:
            end = max((start, *(child.span.end for child in done.children[-2:])))
        pairs = done.children if done.kind == "mapping" else ()
        node = Node(
            kind=done.kind,
            span=Span(start, end),
            whole=Span(first, end),
            style=done.style,
            tag=tag,
            tag_span=tag_span,
            anchor=anchor,
            key_span=self.key_span(),
            entries=tuple(Entry(*pair) for pair in zip(pairs[::2], pairs[1::2], strict=True)),
            items=() if done.kind == "mapping" else tuple(done.children),
        )
        self.add(node)

    def around(self, anchor: str) -> _Open | None:
        """The open collection that carries an anchor."""
        return next((one for one in self.opened if one.properties.anchor == anchor), None)

    def key_span(self) -> Span | None:
        """The place of the key that the next node is the value of."""
        key = self.opened[-1].pending_key if self.opened else None
        return key.span if key else None


def parse_yaml(text: str) -> tuple[Document, ...]:
    """Read all documents of a YAML text; no tag is ever constructed. Time is bounded by the text's length.

    Raises:
        ConfigError: if PyYAML could not compose the text, or it nests deeper than `json_places.MAX_DEPTH`.
    """
    unprintable = yaml.reader.Reader.NON_PRINTABLE.search(text)
    if unprintable:
        raise _error(text, f"YAML allows no character {unprintable[0]!r}", unprintable.start())
    body = text.removeprefix("\ufeff")
    shift = len(text) - len(body)
    try:
        return tuple(_documents(text, yaml.parse(body, _LOADER), shift))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise _error(text, error.problem or "not YAML", mark.index + shift if mark else 0) from error


def parse_json(text: str) -> Document:
    """Read a JSON text; what Python's json accepts (NaN and Infinity too), and a byte order mark.

    Raises:
        ConfigError: if it is not JSON (the message names comments and trailing commas), or nests too deep.
    """
    reading = _Reading(text)
    try:
        for event in json_places.events(text):
            _read_json_event(reading, event)
    except json_places.JsonError as error:
        raise _error(text, error.message, error.offset) from error
    assert reading.root is not None  # events() ends in an error when there is no value
    return Document(reading.root, text, Span(0, len(text)))


def _read_json_event(reading: _Reading, event: json_places.Event) -> None:
    if event.kind == "end":
        reading.close(event.span.end)
    elif event.kind == "value":
        reading.add(_json_scalar(reading, event))
    else:
        kind: Kind = "mapping" if event.kind == "object" else "sequence"
        start = event.span.start
        reading.open(_Open(kind, "json", _Properties(start, start)), start)


def _json_scalar(reading: _Reading, event: json_places.Event) -> Node:
    value: Any = event.data
    raw = reading.text[event.span.start : event.span.end]
    is_text = isinstance(value, str)
    return Node(
        kind="scalar",
        span=event.span,
        whole=event.span,
        style="double" if is_text else "plain",
        raw=raw,
        text=value if is_text else raw,
        value=value,
        value_12=value,
        key_span=reading.key_span(),
    )


def _documents(text: str, events: Iterable[Any], shift: int) -> Iterator[Document]:
    """Compose documents from PyYAML's events; `compose_all` would lose anchors and the places of aliases."""
    reading, start, commented = _Reading(text), 0, 0
    for event in events:
        place = Span(event.start_mark.index, event.end_mark.index).shift(shift)
        if isinstance(event, yaml.DocumentStartEvent):
            reading, start = _Reading(text), place.start
        elif isinstance(event, yaml.DocumentEndEvent) and reading.root:
            span = Span(start, place.end)
            comments = _comments(text, Span(commented, span.end), reading.scalars)
            commented = span.end
            yield Document(reading.root, text, span, comments)
        else:
            _read_yaml_event(reading, event, place)


def _read_yaml_event(reading: _Reading, event: Any, place: Span) -> None:
    start, end = place
    match event:
        case yaml.AliasEvent():
            reading.add(_alias(reading, event.anchor, place))
        case yaml.ScalarEvent():
            node = _yaml_scalar(reading, event, start, end)
            reading.scalars.append(_opaque(node, reading.text))
            reading.add(node)
        case yaml.CollectionStartEvent():
            kind: Kind = "mapping" if isinstance(event, yaml.MappingStartEvent) else "sequence"
            properties = _properties(reading, event, start, len(reading.text))
            style: Style = "flow" if event.flow_style else "block"
            reading.open(_Open(kind, style, properties), start)
        case yaml.CollectionEndEvent():
            reading.close(end if reading.text[end - 1 : end] in ("}", "]") and end > start else None)


def _alias(reading: _Reading, name: Any, span: Span) -> Node:
    """The node for `*name`: the content of what it names, at its own place."""
    place: dict[str, Any] = {
        "span": span,
        "whole": span,
        "raw": f"*{name}",
        "alias": name,
        "key_span": reading.key_span(),
    }
    around = reading.around(name)
    if around:
        return Node(kind=around.kind, style=around.style, **place)
    if name not in reading.anchors:
        raise _error(reading.text, f"no anchor is named {name}", span.start)
    return replace(reading.anchors[name], anchor=None, tag_span=None, **place)


def _yaml_scalar(reading: _Reading, event: Any, start: int, end: int) -> Node:
    properties = _properties(reading, event, start, end)
    span = _empty_span(reading, Span(properties.start, end)) if start == end else Span(properties.start, end)
    style = _STYLES.get(event.style, "plain")
    tag, text = properties.tag, event.value
    plain = (tag is None and style == "plain") or tag == "!"
    return Node(
        kind="scalar",
        span=span,
        whole=Span(min(start, span.start), span.end),
        style=style,
        raw=reading.text[span.start : span.end],
        text=text,
        value=plain_value(text) if plain else tagged_value(tag, text) if tag else text,
        value_12=plain_value_12(text) if plain else tagged_value(tag, text) if tag else text,
        tag=tag,
        tag_span=properties.tag_span,
        anchor=properties.anchor,
        key_span=reading.key_span(),
    )


def _empty_span(reading: _Reading, span: Span) -> Span:
    """The place of an empty scalar: if it is the value of a key, right after the colon.

    PyYAML may place it where the next token starts, beyond white space and comments.
    """
    key = reading.opened[-1].pending_key if reading.opened else None
    if not key:
        return span
    colon = _COLON.match(reading.text, key.span.end)
    at = colon.end() if colon and colon.end() <= span.start else key.span.end
    return Span(at, at)


def _properties(reading: _Reading, event: Any, start: int, end: int) -> _Properties:
    """Pass over the anchor and the tag that stand at `start` and belong to `event`."""
    text, first, tag_span = reading.text, start, None
    for _ in range((event.anchor is not None) + (event.tag is not None)):
        found = _PROPERTY.match(text, start, end)
        if not found:
            break
        if found[0].startswith("!"):
            tag_span = Span(*found.span())
        gap = _GAP.match(text, found.end(), end)
        start = gap.end() if gap else found.end()
    if event.anchor is not None and (event.anchor in reading.anchors or reading.around(event.anchor)):
        raise _error(text, f"the anchor {event.anchor} is already taken", start)
    return _Properties(first, start, event.tag, tag_span, event.anchor)


def _opaque(scalar: Node, text: str) -> Span:
    """The part of a scalar in which `#` is text: all of it, but for the first line of a block scalar."""
    header = _LINE.match(text, scalar.span.start) if scalar.style in ("literal", "folded") else None
    return Span(header.end(), scalar.span.end) if header else scalar.span


def _comments(text: str, span: Span, scalars: Iterable[Span]) -> tuple[Comment, ...]:
    """The comments in `span`: every `#` that is in no scalar, tag, anchor or directive begins one."""
    found: list[Comment] = []
    at = span.start
    for scalar in (*scalars, Span(span.end, span.end)):
        for match in _COMMENT.finditer(text, at, scalar.start):
            if match[1]:
                found.append(Comment(Span(*match.span(1)), match[1]))
        at = scalar.end
    return tuple(found)


def _error(text: str, message: str, offset: int) -> ConfigError:
    line, column = Source(text).position(min(offset, len(text)))
    return ConfigError(message, line, column)
