"""Where the comments of a Python, YAML or TOML text are, and which lines belong to one statement.

Works by tokens alone, so the text need not parse.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from ml_lsp.syntax.toml import STRING
from ml_lsp.text import Span


class Comment(NamedTuple):
    """A comment from its `#` to the end of its line. `alone`: nothing else stands on the line."""

    span: Span
    alone: bool

    def shift(self, by: int) -> Comment:
        """The same comment in a text that starts `by` code points earlier."""
        return Comment(self.span.shift(by), self.alone)


class _Token(NamedTuple):
    kind: str  # comment, string, open, close, joined (a line end after a backslash), newline
    start: int
    end: int


_PYTHON = re.compile(
    r"(?P<comment>#[^\r\n]*)|(?P<string>\"\"\"|'''|[\"'])|(?P<open>[(\[{])|(?P<close>[)\]}])"
    r"|(?P<joined>\\(?:\r\n|\r|\n))|(?P<newline>\r\n|\n|\r)"
)
# Atomic, so that a string that never ends costs its length and not a power of it.
_STRING_REST = {
    '"': re.compile(r'(?>(?:[^"\\\r\n]++|\\(?:\r\n|[\s\S]))*)"?'),
    "'": re.compile(r"(?>(?:[^'\\\r\n]++|\\(?:\r\n|[\s\S]))*)'?"),
    '"""': re.compile(r'(?>(?:[^"\\]++|\\[\s\S]|"(?!""))*)(?:""")?'),
    "'''": re.compile(r"(?>(?:[^'\\]++|\\[\s\S]|'(?!''))*)(?:''')?"),
}
_YAML = re.compile(
    r"(?P<comment>(?<!\S)#[^\r\n]*)"
    r"|(?P<string>(?<![^\s,\[{:])(?:\"(?>(?:[^\"\\]++|\\[\s\S])*)\"?|'(?>(?:[^']++|'')*)'?))"
    r"|(?P<block>(?<!\S)[|>][-+0-9]*(?=[ \t]*(?:[ \t]#[^\r\n]*)?(?:[\r\n]|\Z)))"
)
# The last two: a string that never ends goes on to the end of the text or line, so that no other is looked for in it.
_TOML = re.compile(rf"(?P<comment>#[^\r\n]*)|{STRING}|(?:\"\"\"|''')[\s\S]*+|[\"'][^\n]*+")
_BLANK_LINES = re.compile(r"(?>(?:[ \t\f]*+(?:#[^\r\n]*+)?(?:\r\n|\n|\r))*)")
_YAML_HEAD = re.compile(r"(?>(?:[ \t]*+(?:#[^\r\n]*+|%[^\r\n]*+|---[ \t]*+)?(?:\r\n|\n|\r))*)")
_LINE_REST = re.compile(r"[^\r\n]*")
_LINE = re.compile(r"(?P<indent>[ \t]*)(?P<text>[^\r\n]*)(?:\r\n|\n|\r|\Z)")


def line_start(text: str, at: int) -> int:
    """The offset at which the line that holds `at` starts."""
    return max(text.rfind("\n", 0, at), text.rfind("\r", 0, at)) + 1


def line_end(text: str, at: int) -> int:
    """The offset behind the last character of the line that holds `at`, before its line end."""
    return _match_end(_LINE_REST, text, at)


def comments(text: str, language: str) -> Iterator[Comment]:
    """The comments of a text, in order; a `#` in a string or a YAML block scalar is none. JSON has none."""
    match language:
        case "json":
            return
        case "yaml":
            spans = _yaml_comments(text)
        case "toml":
            spans = (Span(*found.span()) for found in _TOML.finditer(text) if found["comment"])
        case _:
            spans = _python_comments(text)
    for start, end in spans:
        yield Comment(Span(start, end), not text[line_start(text, start) : start].strip("\ufeff \t\f"))


def first_content(text: str, language: str) -> int:
    """The offset of the line on which the first statement stands, below comments and blank lines."""
    at = 1 if text.startswith("\ufeff") else 0
    return _match_end(_YAML_HEAD if language == "yaml" else _BLANK_LINES, text, at)


def next_code(text: str, at: int) -> int:
    """The start of the first line behind `at` (the end of a line) that holds more than a comment."""
    return _match_end(_BLANK_LINES, text, at)


def logical_end(text: str, at: int, language: str) -> int:
    """The end of the logical line that starts at `at`: open brackets, strings and backslashes go on."""
    if language != "python":
        return line_end(text, at)
    depth = 0
    for token in _python_tokens(text, at):
        if token.kind == "newline" and depth <= 0:
            return token.start
        depth += (token.kind == "open") - (token.kind == "close")
    return len(text)


def statement_start(text: str, at: int) -> int:
    """The start of the Python logical line that holds `at`."""
    start, depth = 0, 0
    for token in _python_tokens(text, 0):
        if token.start >= at:
            break
        if token.kind == "newline" and depth <= 0:
            start, depth = token.end, 0
        depth = max(0, depth + (token.kind == "open") - (token.kind == "close"))
    return start


def takes_comment(text: str, at: int) -> bool:
    """Whether a comment fits at the line end `at` of a Python text: not in a string or after a backslash."""
    for token in _python_tokens(text, 0):
        if token.start > at:
            break
        if token.kind == "joined" and token.start <= at < token.end:
            return False
        if token.kind == "string" and token.start < at < token.end:
            return False
    return True


def _match_end(pattern: re.Pattern[str], text: str, at: int) -> int:
    found = pattern.match(text, at)
    return found.end() if found else at


def _python_tokens(text: str, at: int) -> Iterator[_Token]:
    while found := _PYTHON.search(text, at):
        kind, start, at = found.lastgroup or "", found.start(), found.end()
        if kind == "string":
            at = _match_end(_STRING_REST[found.group()], text, at)
        yield _Token(kind, start, at)


def _python_comments(text: str) -> Iterator[Span]:
    for token in _python_tokens(text, 0):
        if token.kind == "comment":
            yield Span(token.start, token.end)


def _yaml_comments(text: str) -> Iterator[Span]:
    at = 0
    while found := _YAML.search(text, at):
        at = found.end()
        if found.lastgroup == "comment":
            yield Span(*found.span())
        elif found.lastgroup == "block":
            header = line_end(text, at)
            mark = text.find("#", at, header)
            if mark >= 0:
                yield Span(mark, header)
            at = _block_end(text, found.start())


def _block_end(text: str, indicator: int) -> int:
    """Where the block scalar ends whose `|` or `>` stands at `indicator`."""
    start = line_start(text, indicator)
    dashes = re.compile(r"[ ]*(?:-[ ]+)*").match(text, start)
    parent = dashes.end() - start if dashes else 0
    if start + parent == indicator:  # `- |`: the content is deeper than the dash
        parent = max(text.rfind("-", start, indicator) - start, -1)
    at = _match_end(re.compile(r"[^\r\n]*(?:\r\n|\n|\r|\Z)"), text, indicator)
    while at < len(text):
        line = _LINE.match(text, at)
        if line is None or (line["text"] and len(line["indent"]) <= parent):
            break
        at = line.end()
    return at
