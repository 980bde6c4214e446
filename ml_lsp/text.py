"""Text, places in it and edits to it. Offsets are 0-based code points; columns depend on the encoding."""

from __future__ import annotations

import re
import sys
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Literal, NamedTuple

Encoding = Literal["utf-8", "utf-16", "utf-32"]

# The line ends of LSP 3.17 and of Python's tokenizer; str.splitlines knows eight more.
_LINE_END = re.compile(r"\r\n|\n|\r")


class Span(NamedTuple):
    """A half-open range of code-point offsets: `text[start:end]`."""

    start: int
    end: int

    def shift(self, by: int) -> Span:
        """The same range, `by` code points further right."""
        return Span(self.start + by, self.end + by)

    def overlaps(self, other: Span) -> bool:
        """Whether the two ranges share a character, or one is an empty range strictly inside the other."""
        return self.start < other.end and other.start < self.end

    def touches(self, other: Span) -> bool:
        """Whether the two ranges overlap or lie side by side (a cursor at the end of a word touches it)."""
        return self.start <= other.end and other.start <= self.end


class Edit(NamedTuple):
    """Replace `span` of a text by `new`; an empty span inserts."""

    span: Span
    new: str

    def shift(self, by: int) -> Edit:
        """The same edit in a text that starts `by` code points earlier."""
        return Edit(self.span.shift(by), self.new)


class OverlappingEdits(ValueError):
    """Two edits of one change want the same characters."""


def apply(text: str, edits: Iterable[Edit]) -> str:
    """Return `text` with all `edits` made at once; each edit's span refers to the text as given.

    Insertions at one place keep the order in which they are given.

    Raises:
        OverlappingEdits: if two edits overlap.
    """
    pieces: list[str] = []
    at = 0
    for (start, end), new in sorted(edits, key=lambda edit: edit.span):
        if start < at:
            raise OverlappingEdits(f"edit at {start} overlaps the one that ends at {at}")
        pieces += (text[at:start], new)
        at = end
    pieces.append(text[at:])
    return "".join(pieces)


class Position(NamedTuple):
    """A place as editors name it: 0-based line, 0-based column in the code units of an encoding."""

    line: int
    column: int


def _units(text: str, encoding: Encoding) -> int:
    """The length of `text` in code units; a lone surrogate counts as the unit it stands for."""
    if text.isascii() or encoding == "utf-32":
        return len(text)
    if encoding == "utf-16":
        return len(text) + sum(char > "\uffff" for char in text)
    return len(text.encode("utf-8", "surrogatepass"))


@dataclass(frozen=True)
class Source:
    """A text with its line table; the value that all analysis starts from."""

    text: str

    @cached_property
    def line_starts(self) -> tuple[int, ...]:
        """The offset at which each line starts; a text always has at least one line."""
        return (0, *(end.end() for end in _LINE_END.finditer(self.text)))

    def line_of(self, offset: int) -> int:
        """The 0-based line that holds `offset`."""
        return bisect_right(self.line_starts, offset) - 1

    def line_span(self, line: int) -> Span:
        """The range of a 0-based line with its line end; past the last line, the end of the text."""
        starts = self.line_starts
        if line >= len(starts):
            return Span(len(self.text), len(self.text))
        end = starts[line + 1] if line + 1 < len(starts) else len(self.text)
        return Span(starts[line], end)

    def line_text(self, line: int) -> str:
        """A 0-based line without its line end."""
        start, end = self.line_span(line)
        return self.text[start:end].rstrip("\r\n")

    def position(self, offset: int, encoding: Encoding = "utf-32") -> Position:
        """Where `offset` is, with the column in code units of `encoding`."""
        line = self.line_of(offset)
        return Position(line, _units(self.text[self.line_starts[line] : offset], encoding))

    def offset(self, position: Position, encoding: Encoding = "utf-32") -> int:
        """The offset of a position; one past the end of its line or of the text is brought back to that end."""
        line, column = position
        if line < 0:
            return 0
        start = self.line_span(line).start
        text = self.line_text(line) if line < len(self.line_starts) else ""
        if text.isascii() or encoding == "utf-32":
            return start + max(0, min(column, len(text)))
        used = 0
        for index, char in enumerate(text):
            if used >= column:
                return start + index
            used += _units(char, encoding)
        return start + len(text)

    def edited(self, edit: Edit) -> Source:
        """The text with one edit made; only the lines that the edit touches are split again."""
        (start, end), new = edit
        starts, text = self.line_starts, self.text
        # One character back, because a line feed that comes to stand behind a carriage return joins it.
        first, last = self.line_of(max(start - 1, 0)), self.line_of(end)
        head, rest = starts[first], self.line_span(last).end
        middle = text[head:start] + new + text[end:rest]
        by = len(new) - (end - start)
        inside = [head + found.end() for found in _LINE_END.finditer(middle)]
        after = [at + by for at in starts[last + 1 :]]
        if after and inside and inside[-1] == after[0]:
            inside.pop()  # the line end before the first untouched line is the one that was there before
        changed = Source("".join((text[:start], new, text[end:])))
        changed.__dict__["line_starts"] = (*starts[: first + 1], *inside, *after)
        return changed

    @cached_property
    def newline(self) -> str:
        """The line end that new lines should have: the first one found, else a line feed."""
        found = _LINE_END.search(self.text)
        return found.group() if found else "\n"


def in_one(first: Iterable[Edit], second: Iterable[Edit]) -> tuple[Edit, ...]:
    """The edits of a text that do what `first` does to it and then `second` to the outcome.

    Both are free of overlaps. Edits that come to stand side by side are one edit.
    """
    between = list(_pieces(first))
    pieces: list[range | str] = []
    at = 0
    for (start, end), new in sorted(second, key=lambda edit: edit.span):
        pieces += (*_cut(between, at, start), new)
        at = end
    return tuple(_edits([*pieces, *_cut(between, at, sys.maxsize)]))


def _pieces(edits: Iterable[Edit]) -> Iterator[range | str]:
    """What an edited text is made of: ranges of the text before, and what is new; the last range never ends."""
    at = 0
    for (start, end), new in sorted(edits, key=lambda edit: edit.span):
        yield range(at, start)
        yield new
        at = end
    yield range(at, sys.maxsize)


def _cut(pieces: Iterable[range | str], start: int, end: int) -> Iterator[range | str]:
    """The part of a text from `start` to `end`, of the pieces that it is made of."""
    at = 0
    for piece in pieces:
        part = piece[max(0, start - at) : max(0, end - at)]
        if part:
            yield part
        at += len(piece)


def _edits(pieces: Iterable[range | str]) -> Iterator[Edit]:
    """The edits that make a text of these pieces."""
    at, new = 0, ""
    for piece in pieces:
        if isinstance(piece, str):
            new += piece
        elif piece:
            if new or piece.start > at:
                yield Edit(Span(at, piece.start), new)
            at, new = piece.stop, ""
