"""JSON with comments and trailing commas, as hjson and JSON5 allow them, made plain; nothing moves."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ml_lsp.text import Span

_TOKEN = re.compile(
    r"\"(?>(?:[^\"\\\r\n]++|\\.)*)\"?|(?P<extra>//[^\r\n]*+|\#[^\r\n]*+|/\*[\s\S]*?(?:\*/|\Z))|(?P<comma>,)"
)
_AFTER_COMMA = re.compile(r"(?>(?:[ \t\r\n]++|//[^\r\n]*+|\#[^\r\n]*+|/\*[\s\S]*?\*/)*)[}\]]")
_VISIBLE = re.compile(r"[^\r\n]")


def extras(text: str) -> Iterator[Span]:
    """Where comments and commas behind the last item stand, in order."""
    for found in _TOKEN.finditer(text):
        if found["extra"] or (found["comma"] and _AFTER_COMMA.match(text, found.end())):
            yield Span(*found.span())


def without_extras(text: str) -> str:
    """The text with comments and trailing commas made spaces: plain JSON if nothing else is wrong with it."""
    pieces: list[str] = []
    at = 0
    for start, end in extras(text):
        pieces += (text[at:start], _VISIBLE.sub(" ", text[start:end]))
        at = end
    return "".join((*pieces, text[at:]))
