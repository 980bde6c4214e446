"""Edits to YAML and JSON files that keep comments and layout: they touch the text, nothing is ever dumped."""

from __future__ import annotations

import json
import re

from ml_lsp.syntax.config_tree import Entry, Node
from ml_lsp.syntax.yaml_scalars import plain_value
from ml_lsp.text import Edit, Source, Span

_LINE_ENDS = "\r\n"
# Keys that need no quotes in YAML, block or flow, unless they resolve to something else than text.
_PLAIN_KEY = re.compile(r"[A-Za-z_][\w./-]*\Z", re.ASCII)
_LINE_BREAK = re.compile(r"\r\n|\r|\n")
_LINE_REST = re.compile(r"[^\r\n]*+")
_COMMENT_REST = re.compile(r"[ \t]*+(?:\#[^\r\n]*+)?(?=\r|\n|\Z)")
_LINE_END = re.compile(r"\r\n|\r|\n|\Z")
_FLOW_REST = re.compile(r"(,?+)([ \t]*+(?:\#[^\r\n]*+)?)(?=[\r\n])")
_COMMA = re.compile(r"[ \t]*+,[ \t]*+")


def scalar_edit(node: Node, new_text: str) -> Edit:
    """Replace a scalar (or an alias) by `new_text`, which is written as it is; tag, anchor and comment stay.

    An empty value is filled in after its `:` or `-` (not the one that a `? key` of a block mapping lacks).
    """
    start, end = node.span
    if start == end:
        return Edit(
            node.span, f": {new_text}" if node.key_span and node.key_span.end == end else f" {new_text}"
        )
    # A block scalar's range takes in its last line end, which separates it from what follows.
    return Edit(Span(start, end - len(node.raw) + len(node.raw.rstrip(_LINE_ENDS))), new_text)


def insert_key(mapping: Node, key: str, value_text: str, source: Source) -> Edit:
    """Add a key after the last one of `mapping`, with the layout of the others; it is quoted where needed.

    `value_text` is written as it is; its lines after the first are indented as deep as the key.

    Raises:
        ValueError: if `mapping` is not a mapping with a place of its own (an alias has none).
    """
    if mapping.kind != "mapping" or mapping.alias:
        raise ValueError("only a mapping with a place of its own takes a key")
    written = f"{_key_text(key, mapping.style)}: {value_text}"
    if mapping.style == "block":
        return _insert_in_block(mapping, written, source)
    return _insert_in_flow(mapping, written, source)


def remove_entry(mapping: Node, entry: Entry, source: Source) -> Edit:
    """Take an entry out of the mapping that holds it, with its lines or its comma.

    A comment on the entry's last line goes with it, comments above stay. A block mapping that loses its only
    entry becomes `{}`.

    Raises:
        ValueError: if `entry` is not one of the mapping's own entries, or its last one and written `? key`.
    """
    at = next((at for at, own in enumerate(mapping.entries) if own is entry), None)
    if at is None or mapping.alias:
        raise ValueError("only an entry of the mapping itself can be removed")
    if mapping.style == "block":
        return _remove_from_block(mapping, at, source)
    return _remove_from_flow(mapping, at, source)


def _key_text(key: str, style: str) -> str:
    if style != "json" and _PLAIN_KEY.match(key) and plain_value(key) == key:
        return key
    return json.dumps(key, ensure_ascii=False)


def _insert_in_block(mapping: Node, written: str, source: Source) -> Edit:
    """On lines of its own, after the last entry and the comment beside it."""
    text, newline = source.text, source.newline
    indent = " " * source.position(mapping.span.start).column
    written = _indented(written, indent, newline)
    at = mapping.entries[-1].span.end
    if text[at - 1] in _LINE_ENDS:
        return Edit(Span(at, at), f"{indent}{written}{newline}")
    at = _end_of(_LINE_REST, text, at)
    return Edit(Span(at, at), f"{newline}{indent}{written}")


def _insert_in_flow(mapping: Node, written: str, source: Source) -> Edit:
    """Before the closing brace: on a line of its own if the last key has one, else after a comma."""
    text, (start, end) = source.text, mapping.span
    if text[start] != "{":  # the `a: 1` of `[a: 1]`
        return Edit(mapping.span, f"{{{text[start:end]}, {written}}}")
    if not mapping.entries:
        return Edit(Span(start + 1, start + 1), written)
    last = mapping.entries[-1]
    at = last.span.end
    rest = _FLOW_REST.match(text, at)
    line = source.line_of(last.key.span.start)
    if rest is None or line == source.line_of(start):
        return Edit(Span(at, at), f", {_indented(written, '', source.newline)}")
    indent = " " * (len(source.line_text(line)) - len(source.line_text(line).lstrip()))
    written = _indented(written, indent, source.newline)
    return Edit(Span(at, rest.end()), f",{rest[2]}{source.newline}{indent}{written}{rest[1]}")


def _indented(written: str, indent: str, newline: str) -> str:
    return f"{newline}{indent}".join(_LINE_BREAK.split(written))


def _remove_from_block(mapping: Node, at: int, source: Source) -> Edit:
    text, entry = source.text, mapping.entries[at]
    if len(mapping.entries) == 1:
        kept = len(text[: mapping.span.end]) - len(text[: mapping.span.end].rstrip(_LINE_ENDS))
        return Edit(Span(mapping.span.start, mapping.span.end - kept), "{}")
    start, end = entry.span
    line = source.line_span(source.line_of(start)).start
    if text[line:start].strip():  # the first key stands behind `- `, and the next one takes its place
        if at + 1 == len(mapping.entries):
            raise ValueError("an entry with `?` cannot be removed")
        return Edit(Span(start, mapping.entries[at + 1].span.start), "")
    if text[end - 1] not in _LINE_ENDS:
        end = _end_of(_LINE_END, text, _end_of(_COMMENT_REST, text, end))
    if end == len(text) and text[end - 1] not in _LINE_ENDS:
        line = len(text[:line].removesuffix("\n").removesuffix("\r"))
    return Edit(Span(line, end), "")


def _remove_from_flow(mapping: Node, at: int, source: Source) -> Edit:
    text, entries = source.text, mapping.entries
    start, end = entries[at].span
    if len(entries) == 1:
        braces = text[mapping.span.start] == "{"
        return Edit(Span(start, _end_of(_COMMA, text, end)), "") if braces else Edit(mapping.span, "{}")
    if at + 1 == len(entries):
        before = text[entries[at - 1].span.end : start]
        return Edit(Span(entries[at - 1].span.end, end), before.replace(",", "", 1).rstrip())
    line = source.line_span(source.line_of(start)).start
    rest = _FLOW_REST.match(text, end)
    if rest and rest[1] and not text[line:start].strip():
        return Edit(Span(line, _end_of(_LINE_END, text, rest.end())), "")
    return Edit(Span(start, entries[at + 1].span.start), "")


def _end_of(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at
