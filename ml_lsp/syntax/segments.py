"""Split Python text into segments, the smallest pieces that parse alone: a top-level statement or a method."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cache
from itertools import accumulate, pairwise
from typing import Any, NamedTuple


class Kind(Enum):
    """What a segment holds, and so how its text is parsed alone."""

    STATEMENT = "statement"  # any top-level statement but the next two
    FUNCTION = "function"  # a top-level function with its decorators
    CLASS = "class"  # a class's decorators, header and what stands before its first method
    METHOD = "method"  # one method with its decorators, indented
    CLASS_BODY = "class body"  # what stands between and behind a class's methods, indented

    @property
    def in_class(self) -> bool:
        """Whether the segment belongs to the class that started before it."""
        return self in (Kind.METHOD, Kind.CLASS_BODY)


@dataclass(frozen=True, slots=True)
class Segment:
    """A piece of a text. Joined in order, the segments of a text are that text, character for character.

    `memory` holds what was computed from the text alone, under the function that computed it. A segment that
    an edit leaves alone stays the same object, so its memory lives exactly as long as it is of use.
    """

    kind: Kind
    text: str
    memory: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)


class Split(NamedTuple):
    """A text and its segments, which start at `starts` (code-point offsets, ascending)."""

    text: str
    segments: tuple[Segment, ...]
    starts: tuple[int, ...]


EMPTY = Split("", (), ())

_TOKEN = re.compile(r"\"\"\"|'''|[\"']|[(\[{]|[)\]}]|#[^\r\n]*|\\(?:\r\n|[\s\S])|\r\n|\n|\r")
# Words that start a statement and occur in no expression: a line that starts with one of them ends an
# expression whose bracket was left open, so that a half-typed call does not swallow what follows it.
_STATEMENT_WORD = re.compile(
    r"[ \t\f]*(?:def|class|async[ \t]+def|import|return|with|while|try|raise|assert|del|pass|break"
    r"|continue|global|nonlocal)\b"
)


def _within_brackets(depth: int) -> str:
    """What may stand between two brackets of a simple line, in brackets again down to a depth."""
    deeper = rf"|[(\[{{]{_within_brackets(depth - 1)}[)\]}}]" if depth else ""
    newline = rf"(?>\r\n|\n|\r)(?!{_STATEMENT_WORD.pattern})"
    return rf"(?>(?:{_PLAIN}|#[^\r\n]*+|{newline}{deeper})*)"


# A logical line without escapes whose brackets close, four deep. Nearly all are so, and one match is cheaper than
# a search for each token. At each character one alternative at most can go on, and nothing is tried twice.
_PLAIN = (
    r"""[^"'#\\()\[\]{}\r\n]++|"(?!"")[^"\\\r\n]*+"|'(?!'')[^'\\\r\n]*+'"""
    r"""|\"\"\"(?>(?:[^"\\]++|"(?!""))*)\"\"\"|\'\'\'(?>(?:[^'\\]++|'(?!''))*)\'\'\'"""
)
_LINE_END = r"(?:\r\n|\n|\r)"
_SIMPLE = rf"(?>(?:{_PLAIN}|[(\[{{]{_within_brackets(3)}[)\]}}])*)(?:#[^\r\n]*+)?{_LINE_END}"
_SIMPLE_LINE = re.compile(_SIMPLE)


# A pattern is made for each of these alone: a text can have any number of others, and making one takes milliseconds.
_USUAL_INDENTS = frozenset({"", "  ", "    ", "\t"})


@cache
def _simple_lines_below(indent: str) -> re.Pattern[str]:
    """Simple lines that are indented more than a usual indentation, and blank ones: as many as there are."""
    blank = rf"[ \t\f]*(?:#[^\r\n]*+)?{_LINE_END}"
    return re.compile(rf"(?>(?:{blank}|{re.escape(indent)}[ \t\f]+(?=[^\s#]){_SIMPLE})+)")


_STRING_REST = {
    '"': re.compile(r'(?:[^"\\\r\n]|\\(?:\r\n|[\s\S]))*"?'),
    "'": re.compile(r"(?:[^'\\\r\n]|\\(?:\r\n|[\s\S]))*'?"),
}
# Atomic, so that a string which never ends is given up at once instead of being tried in all ways. Not `(...)*+`:
# Python before 3.11.5 matches that wrongly when its last round fails half way.
_TRIPLE_END = {
    '"""': re.compile(r'(?>(?:[^"\\]++|\\[\s\S]|"(?!""))*)(?:"""|\Z)'),
    "'''": re.compile(r"(?>(?:[^'\\]++|\\[\s\S]|'(?!''))*)(?:'''|\Z)"),
}
_FIRST_WORD = re.compile(r"([ \t\f]*)(@|[^\W\d]\w*)?(?:[ \t]+(def)\b)?")
# Python skips it at the start of a file: it is a segment of its own, so that the statement behind it parses.
_BYTE_ORDER_MARK = "\ufeff"
_CONTINUATIONS = frozenset({"else", "elif", "except", "finally"})


class _Line(NamedTuple):
    """One logical line: its range, its indentation and the word that decides what it is."""

    start: int
    end: int
    indent: str
    word: str


def _string_end(text: str, quote: str, at: int) -> int:
    found = _STRING_REST[quote].match(text, at) if len(quote) == 1 else _TRIPLE_END[quote].match(text, at)
    return found.end() if found else len(text)


def _line_end(text: str, at: int, end: int) -> int:
    """The offset behind the logical line that starts at `at`."""
    simple = _SIMPLE_LINE.match(text, at, end)
    if simple:
        return simple.end()
    depth = 0
    while found := _TOKEN.search(text, at, end):
        token, at = found.group(), found.end()
        first = token[0]
        if first in "\r\n":
            if depth == 0 or _STATEMENT_WORD.match(text, at):
                return at
        elif first in "([{":
            depth += 1
        elif first in ")]}":
            depth = max(0, depth - 1)
        elif first in "\"'":
            at = min(end, _string_end(text, token, at))
    return end


def _logical_line(text: str, at: int, end: int) -> _Line:
    """The logical line that starts at `at`."""
    if at == 0 and text.startswith(_BYTE_ORDER_MARK):
        return _Line(0, len(_BYTE_ORDER_MARK), "", _BYTE_ORDER_MARK)
    found = _FIRST_WORD.match(text, at, end)
    assert found is not None  # every part of the pattern is optional
    indent, word, then_def = found.groups()
    if word == "async" and then_def:
        word = "def"
    return _Line(at, _line_end(text, at, end), indent, word or text[found.end() : found.end() + 1])


def _is_blank(line: _Line) -> bool:
    return line.word in ("", "#", "\r", "\n")


class _Splitter:
    """Walks logical lines and opens a new segment wherever one can start."""

    def __init__(self) -> None:
        self.starts: list[tuple[int, Kind]] = []
        self.decorator: str | None = None  # the indentation of the last line if it was a decorator
        self.in_class = False  # the last top-level statement is a class with an indented body
        self.body_indent: str | None = None

    def take(self, line: _Line, text: str) -> None:
        if _is_blank(line):
            if not self.starts:
                self.starts.append((line.start, Kind.STATEMENT))
            return
        if not line.indent:
            self._take_top_level(line, text)
        elif self.in_class:
            self._take_class_body(line)
        elif not self.starts:
            self.starts.append((line.start, Kind.STATEMENT))

    def _take_top_level(self, line: _Line, text: str) -> None:
        if self.decorator == "":
            if line.word == "def":
                self._retype(Kind.FUNCTION)
        elif not (line.word in _CONTINUATIONS and self.starts and not self.in_class):
            self.starts.append((line.start, Kind.FUNCTION if line.word == "def" else Kind.STATEMENT))
        self.in_class = line.word == "class" and _opens_block(text, line)
        self.body_indent = None
        if self.in_class:
            self._retype(Kind.CLASS)
        self.decorator = "" if line.word == "@" else None

    def _take_class_body(self, line: _Line) -> None:
        if self.body_indent is None:
            self.body_indent = line.indent
        if line.indent != self.body_indent:
            return
        if self.decorator == line.indent:
            if line.word == "class":
                self._retype(Kind.CLASS_BODY)
        elif line.word in ("def", "@"):
            self.starts.append((line.start, Kind.METHOD))
        elif self.starts[-1][1] is Kind.METHOD and line.word not in _CONTINUATIONS:
            self.starts.append((line.start, Kind.CLASS_BODY))
        self.decorator = line.indent if line.word == "@" else None

    def _retype(self, kind: Kind) -> None:
        self.starts[-1] = (self.starts[-1][0], kind)

    def behind_what_says_nothing(self, text: str, at: int, end: int) -> int:
        """The offset behind lines from `at` on that open no segment: indented more than where one can start."""
        indent = self.body_indent if self.in_class else ""
        if indent not in _USUAL_INDENTS or not self.starts:
            return at
        found = _simple_lines_below(indent).match(text, at, end)
        return found.end() if found else at

    @property
    def at_rest(self) -> bool:
        """Whether the next top-level line starts a segment whatever stood before it."""
        return self.decorator != ""


def _opens_block(text: str, line: _Line) -> bool:
    """Whether a logical line ends in a colon, so that its body is indented below it."""
    code = "".join(_code_parts(text, line.start, line.end))
    return code.rstrip().endswith(":")


def _code_parts(text: str, at: int, end: int) -> Iterator[str]:
    """The text of a logical line without comments; a string counts as its quotes."""
    while found := _TOKEN.search(text, at, end):
        token = found.group()
        yield text[at : found.start()]
        at = found.end()
        if token[0] in "\"'":
            at = _string_end(text, token, at)
            yield token
        elif token[0] not in "#\\\r\n":
            yield token
    yield text[at:end]


def _scan(text: str, start: int, end: int, stops: Sequence[int]) -> tuple[list[tuple[int, Kind]], int]:
    """Segment starts from `start` on, up to the first of `stops` (ascending) where a scan may end.

    A scan may end where an old segment starts that is top-level: from there on the old segments hold.
    Returns the starts and the offset at which the scan ended.
    """
    splitter = _Splitter()
    waiting = iter(stops)
    stop, at = next(waiting, end), start
    while (at := splitter.behind_what_says_nothing(text, at, end)) < end:
        line = _logical_line(text, at, end)
        while stop < line.start:
            stop = next(waiting, end)
        if line.start == stop and stop < end and splitter.at_rest and line.word not in _CONTINUATIONS:
            return splitter.starts, stop
        splitter.take(line, text)
        at = line.end
    return splitter.starts, end


def _cut(
    text: str, starts: list[tuple[int, Kind]], end: int, replaced: Sequence[Segment] = ()
) -> list[Segment]:
    """Cut a text at `starts`; a piece that equals one of the segments it replaces is that segment."""
    known = {(segment.kind, segment.text): segment for segment in replaced}
    bounds = [*starts, (end, Kind.STATEMENT)]
    pieces = [(kind, text[here:there]) for (here, kind), (there, _) in pairwise(bounds)]
    return [known.pop(piece) if piece in known else Segment(*piece) for piece in pieces]


def _common_prefix(one: str, other: str) -> int:
    """The number of characters that two texts share at their start."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _common_suffix(one: str, other: str, most: int) -> int:
    """The number of characters that two texts share at their end, `most` at the most."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        if one[len(one) - middle : len(one) - low] == other[len(other) - middle : len(other) - low]:
            low = middle
        else:
            high = middle - 1
    return low


def _continues(text: str, at: int) -> bool:
    """Whether the line at an offset goes on with the statement before it: `else:`, `except ...:`."""
    found = _FIRST_WORD.match(text, at)
    return found is not None and found.group(2) in _CONTINUATIONS


def _first_to_scan(text: str, previous: Split, changed: int) -> int:
    """The index of the last segment before a change that starts where it does whatever stands before it."""
    index = max(0, bisect_left(previous.starts, changed) - 1)
    word = _STATEMENT_WORD.match(previous.text, previous.starts[index])
    if index and word and changed <= word.end():  # the word may be what ended an open bracket
        index -= 1
    while index and (previous.segments[index].kind.in_class or _continues(text, previous.starts[index])):
        index -= 1
    return index


def split(text: str, previous: Split = EMPTY, boundaries: Sequence[int] = ()) -> Split:
    """Split `text` into segments; only the lines around what differs from `previous` are looked at again.

    Args:
        text: Python source.
        previous: an earlier split of a similar text; segments it shares with the new one are reused as they are.
        boundaries: offsets at which a segment must start whatever stands before them (notebook cells).

    Returns:
        The same value that `split(text, boundaries=boundaries)` returns.
    """
    if boundaries:
        return _split_cells(text, boundaries, previous)
    if text == previous.text:
        return previous
    if not previous.segments:
        return joined(tuple(_split_fresh(text)), text)
    head = _common_prefix(previous.text, text)
    tail = _common_suffix(previous.text, text, min(len(text), len(previous.text)) - head)
    shift = len(text) - len(previous.text)
    first = _first_to_scan(text, previous, head)
    old_change_end = len(previous.text) - tail
    later = [
        (index, start)
        for index, start in enumerate(previous.starts)
        if start > old_change_end and not previous.segments[index].kind.in_class
    ]
    start = previous.starts[first] if first else 0
    starts, end = _scan(text, start, len(text), [place + shift for _, place in later])
    kept_from = next((index for index, place in later if place + shift == end), len(previous.segments))
    if starts:
        starts[0] = (start, starts[0][1])
    middle = _cut(text, starts, end, previous.segments[first:kept_from])
    return joined((*previous.segments[:first], *middle, *previous.segments[kept_from:]), text)


def _split_fresh(text: str) -> list[Segment]:
    starts, end = _scan(text, 0, len(text), ())
    if starts:
        starts[0] = (0, starts[0][1])
    return _cut(text, starts, end)


def _split_cells(text: str, boundaries: Sequence[int], previous: Split) -> Split:
    known = {(segment.kind, segment.text): segment for segment in previous.segments}
    segments: list[Segment] = []
    for here, there in pairwise([*dict.fromkeys([0, *boundaries]), len(text)]):
        segments += [known.pop((new.kind, new.text), new) for new in _split_fresh(text[here:there])]
    return joined(tuple(segments), text)


def joined(segments: tuple[Segment, ...], text: str | None = None) -> Split:
    """Segments as the split of the text they make (`text`, where it is known already)."""
    lengths = (len(segment.text) for segment in segments)
    whole = "".join(segment.text for segment in segments) if text is None else text
    return Split(whole, segments, tuple(accumulate(lengths, initial=0))[:-1])
