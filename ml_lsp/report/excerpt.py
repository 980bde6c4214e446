"""Lines of source around a finding, made safe and narrow enough to print."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from ml_lsp.report.results import Reviewed
from ml_lsp.text import Span

WIDEST = 160  # columns; minified lines are cut around the finding
_TAB = "    "
_MOST_MARKED = 6  # lines; a longer finding shows its first ones


class ShownLine(NamedTuple):
    """A line to print: its 1-based number (in its cell), and its text before, in and after the marked part.

    `marked` is None where the line only stands around a finding.
    """

    number: int
    before: str
    marked: str | None = None
    after: str = ""

    @property
    def text(self) -> str:
        """The whole line."""
        return self.before + (self.marked or "") + self.after


def excerpt(file: Reviewed, span: Span, around: int = 1) -> Iterator[ShownLine]:
    """The lines of a finding with some around it; in a notebook, lines of its cell only."""
    source, place = file.source, file.place(span)
    shift = source.line_of(span.start) + 1 - place.line  # from numbers in the cell to numbers in the text
    last = min(place.end_line, place.line + _MOST_MARKED - 1)
    if place.end_column == 1 and last == place.end_line > place.line:
        last -= 1  # the range ends before this line's first character
    starts = [cell.offset for cell in file.cells if cell.offset > span.start]
    bottom = source.line_of(starts[0]) if starts else len(source.line_starts)
    for number in range(max(1, place.line - around), last + around + 1):
        line = number + shift - 1
        if line >= bottom:
            return
        text = source.line_text(line)
        mark = None
        if place.line <= number <= last:
            start = place.column - 1 if number == place.line else len(text) - len(text.lstrip())
            end = place.end_column - 1 if number == place.end_line else len(text)
            mark = Span(start, max(start, end))
        if mark or text.strip() or number not in (place.line - around, last + around):
            yield _cut(number, text, mark)


def _cut(number: int, text: str, mark: Span | None) -> ShownLine:
    """A line as printed: at most WIDEST characters around the mark, control characters made visible."""
    first = 0
    if mark and len(text) > WIDEST:
        first = max(0, min(mark.start - WIDEST // 3, len(text) - WIDEST))
    last = first + WIDEST
    head, tail = "…" if first else "", "…" if last < len(text) else ""
    if mark is None:
        return ShownLine(number, visible(text[:last]) + tail)
    marked = text[mark.start : min(mark.end, last)] or " "
    after = text[mark.end : last]
    return ShownLine(number, head + visible(text[first : mark.start]), visible(marked), visible(after) + tail)


def visible(text: str) -> str:
    """Text that cannot steer a terminal: tabs as four blanks, control and direction characters as a mark."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_visible(char) for char in text)


def _visible(char: str) -> str:
    if char == "\t":
        return _TAB
    code = ord(char)
    if code < 0x20:
        return chr(0x2400 + code)  # Unicode's control pictures
    if code == 0x7F:
        return "\u2421"
    return (
        "\ufffd" if unicodedata.category(char) in ("Cc", "Cf", "Cs", "Zl", "Zp") and code != 0x200D else char
    )


def width(text: str) -> int:
    """How many terminal columns a text takes."""
    if text.isascii():
        return len(text)
    return sum(_width(char) for char in text)


def _width(char: str) -> int:
    if unicodedata.combining(char) or unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "WF" else 1
