"""Edits: the server's text is the editor's, whatever the encoding, the line ends and the characters."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types as lsp
from pygls.workspace import PositionCodec

from ml_lsp.server.convert import from_range, to_range
from ml_lsp.server.documents import Document
from ml_lsp.text import Edit, Encoding, Position, Source, Span

ENCODINGS = ("utf-8", "utf-16", "utf-32")
# Line ends of LSP, characters that str.splitlines takes for line ends, wide characters, a lone surrogate.
TEXTS = st.text(alphabet="ab \t\n\r\x0b\x0c\x1c\x85\u2028é😀\udc00", max_size=30)
PLACES = st.integers(0, 40)


def units(text: str, encoding: Encoding) -> int:
    """How many code units a text has, counted by the codec and not by our code."""
    codec = {"utf-8": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}[encoding]
    width = {"utf-8": 1, "utf-16": 2, "utf-32": 4}[encoding]
    return len(text.encode(codec, "surrogatepass")) // width


def position(text: str, offset: int, encoding: Encoding) -> lsp.Position:
    """Where an offset is, the slow and plain way."""
    before = re.split(r"\r\n|\r|\n", text[:offset])
    if text[:offset].endswith("\r") and text[offset : offset + 1] == "\n":
        before.pop()
    return lsp.Position(len(before) - 1, units(before[-1], encoding))


def outside_line_ends(text: str, offset: int) -> int:
    """The offset, moved out of a carriage return and line feed that belong together."""
    offset = min(offset, len(text))
    return offset + (text[offset - 1 : offset + 1] == "\r\n")


@given(st.sampled_from(ENCODINGS), TEXTS, st.lists(st.tuples(PLACES, PLACES, TEXTS), max_size=6))
def test_edits_equal_a_model_of_offsets(
    encoding: Encoding, text: str, edits: list[tuple[int, int, str]]
) -> None:
    document = Document("file:///a.py", text, 1, position_codec=PositionCodec(encoding))
    for one, other, new in edits:
        start, end = sorted(outside_line_ends(text, offset) for offset in (one, other))
        place = lsp.Range(position(text, start, encoding), position(text, end, encoding))
        document.apply_change(lsp.TextDocumentContentChangePartial(place, new))
        text = text[:start] + new + text[end:]
        assert document.source == text
        assert document.content.line_starts == Source(text).line_starts


@given(TEXTS, PLACES, PLACES, TEXTS)
def test_the_line_table_survives_any_edit(text: str, one: int, other: int, new: str) -> None:
    start, end = sorted(min(offset, len(text)) for offset in (one, other))
    edited = Source(text).edited(Edit(Span(start, end), new))
    assert edited.text == text[:start] + new + text[end:]
    assert edited.line_starts == Source(edited.text).line_starts


@given(st.sampled_from(ENCODINGS), TEXTS, PLACES, PLACES)
def test_a_range_comes_back_from_the_editor_as_it_went(
    encoding: Encoding, text: str, one: int, other: int
) -> None:
    start, end = sorted(outside_line_ends(text, offset) for offset in (one, other))
    source = Source(text)
    sent = to_range(source, Span(start, end), encoding)
    want = lsp.Range(position(text, start, encoding), position(text, end, encoding))
    assert sent["start"] == {"line": want.start.line, "character": want.start.character}
    assert sent["end"] == {"line": want.end.line, "character": want.end.character}
    assert from_range(source, want, encoding) == Span(start, end)


@pytest.mark.parametrize("encoding", ENCODINGS)
@pytest.mark.parametrize(
    ("line", "column", "want"),
    [(0, 99, "ab!\ncd"), (1, 99, "ab\ncd!"), (2, 0, "ab\ncd!"), (99, 99, "ab\ncd!")],
)
def test_a_place_outside_the_text_is_the_nearest_inside(
    encoding: Encoding, line: int, column: int, want: str
) -> None:
    document = Document("file:///a.py", "ab\ncd", 1, position_codec=PositionCodec(encoding))
    place = lsp.Position(line, column)
    document.apply_change(lsp.TextDocumentContentChangePartial(lsp.Range(place, place), "!"))
    assert document.source == want


def test_a_range_that_ends_before_it_starts_is_turned_round() -> None:
    document = Document("file:///a.py", "abcd", 1)
    backwards = lsp.Range(lsp.Position(0, 3), lsp.Position(0, 1))
    document.apply_change(lsp.TextDocumentContentChangePartial(backwards, "-"))
    assert document.source == "a-d"


def test_a_column_inside_a_character_is_its_end() -> None:
    assert Source("😀x").offset(Position(0, 1), "utf-16") == 1
    assert Source("😀x").offset(Position(0, 3), "utf-8") == 1


def test_a_change_without_a_range_is_the_whole_text() -> None:
    document = Document("file:///a.py", "old", 1)
    document.apply_change(lsp.TextDocumentContentChangeWholeDocument("new\n"))
    assert document.source == "new\n"
