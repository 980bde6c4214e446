"""JSON with places: values as Python's json reads them, and where in the text each of them stands."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Literal

from ml_lsp.text import Span

# Deeper than any real file; bounds recursion here and in whoever walks the values.
MAX_DEPTH = 200

Scalar = str | int | float | bool | None
_Reader = Callable[[str, int], "Generator[Event, None, int]"]

_SPACE = re.compile(r"[ \t\n\r]*+")
_DECODER = json.JSONDecoder()
# What people write that is not JSON, and what to say about it.
_MISTAKES = (
    (re.compile(r"//|/\*|#"), "JSON has no comments"),
    (re.compile(r"'"), "JSON strings need double quotes"),
    (re.compile(r"(?:True|False|None)\b"), "JSON writes true, false and null in lower case"),
)


class JsonError(ValueError):
    """The text is not JSON: `message` says why, `offset` is the code-point offset of the first wrong one."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Event:
    """One step through a JSON text.

    `object`, `array` and `end` stand for a bracket (`span` is that character); a `value` is a scalar with its
    span and `data` as `json.loads` gives it. In an object, keys and values take turns. `members` and
    `elements` give whole objects and arrays as one `value`.
    """

    kind: Literal["object", "array", "end", "value"]
    span: Span
    data: object = None


def events(text: str) -> Iterator[Event]:
    """Walk a JSON text; a byte order mark at its start is passed over. What stands before an error is given.

    Raises:
        JsonError: where the text is not JSON, or nested deeper than `MAX_DEPTH`.
    """
    end = yield from _deep(text, first_value(text), 0)
    end = _skip(text, end)
    if end < len(text):
        raise _error(text, end, "expected the end of the text")


def first_value(text: str) -> int:
    """The offset of the first character that is neither a byte order mark nor white space."""
    return _skip(text, int(text.startswith("\ufeff")))


def members(text: str, start: int) -> dict[str, Event]:
    """The members of the object at `start`, each value whole; of equal keys the last counts (as in `json`).

    Raises:
        JsonError: if there is no well-formed object.
    """
    found = list(_object(text, start, _whole))[1:-1]
    return {str(key.data): value for key, value in zip(found[::2], found[1::2], strict=True)}


def elements(text: str, start: int) -> tuple[Event, ...]:
    """The elements of the array at `start`, each whole.

    Raises:
        JsonError: if there is no well-formed array.
    """
    return tuple(_array(text, start, _whole))[1:-1]


def _deep(text: str, at: int, depth: int) -> Generator[Event, None, int]:
    """Read the value at `at` with everything in it; return where it ends."""
    opening = text[at : at + 1]
    if opening not in ("{", "["):
        return (yield from _whole(text, at))
    if depth == MAX_DEPTH:
        raise JsonError(f"nested deeper than {MAX_DEPTH} levels", at)
    read = _object if opening == "{" else _array
    return (yield from read(text, at, partial(_deep, depth=depth + 1)))


def _whole(text: str, at: int) -> Generator[Event, None, int]:
    """Read the value at `at` as one event; return where it ends."""
    try:
        data, end = _DECODER.raw_decode(text, at)
    except json.JSONDecodeError as error:
        raise _error(text, error.pos, error.msg) from error
    except RecursionError as error:
        raise JsonError("nested too deeply", at) from error
    except ValueError as error:  # an integer of more digits than Python converts
        raise JsonError(str(error), at) from error
    yield Event("value", Span(at, end), data)
    return end


def _object(text: str, start: int, value: _Reader) -> Generator[Event, None, int]:
    at = _expect(text, start, "{")
    yield Event("object", Span(start, at))
    at = _skip(text, at)
    more = not text.startswith("}", at)
    while more:
        if not text.startswith('"', at):
            raise _error(text, at, "expected a key in double quotes")
        at = yield from _whole(text, at)
        at = _expect(text, _skip(text, at), ":")
        at = yield from value(text, _skip(text, at))
        at, more = _after_value(text, at, "}")
    yield Event("end", Span(at, at + 1))
    return at + 1


def _array(text: str, start: int, value: _Reader) -> Generator[Event, None, int]:
    at = _expect(text, start, "[")
    yield Event("array", Span(start, at))
    at = _skip(text, at)
    more = not text.startswith("]", at)
    while more:
        at = yield from value(text, at)
        at, more = _after_value(text, at, "]")
    yield Event("end", Span(at, at + 1))
    return at + 1


def _after_value(text: str, at: int, closing: str) -> tuple[int, bool]:
    """Where the next key or value starts and True, or where `closing` stands and False."""
    at = _skip(text, at)
    if text.startswith(closing, at):
        return at, False
    comma = at
    at = _skip(text, _expect(text, at, ",", f"expected `,` or `{closing}`"))
    if text.startswith(("}", "]"), at):
        raise JsonError("JSON has no comma after the last item", comma)
    return at, True


def _expect(text: str, at: int, char: str, message: str = "") -> int:
    if not text.startswith(char, at):
        raise _error(text, at, message or f"expected `{char}`")
    return at + 1


def _skip(text: str, at: int) -> int:
    space = _SPACE.match(text, at)
    return space.end() if space else at


def _error(text: str, at: int, message: str) -> JsonError:
    """The error at `at`, in the words of the mistake that is seen there, else in those of `message`."""
    known = (words for mistake, words in _MISTAKES if mistake.match(text, at))
    return JsonError(next(known, message if at < len(text) else "the text ends too early"), at)
