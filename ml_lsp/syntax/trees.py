"""The trees of a segment: `ast` for meaning, `libcst` for edits, each made once per segment and on demand."""

from __future__ import annotations

import ast
import warnings
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from ml_lsp.syntax.segments import Kind, Segment
from ml_lsp.text import Source, Span

if TYPE_CHECKING:
    import libcst

# An indented piece is parsed below this line; a class header is parsed with a body behind it.
_CLASS_LINE = "class _:\n"


@dataclass(frozen=True, eq=False)
class Tree:
    """The `ast` of one segment. All spans are offsets in the segment's text."""

    segment: Segment
    body: tuple[ast.stmt, ...]
    lines_before: int

    @cached_property
    def _source(self) -> Source:
        return Source(self.segment.text)

    @cached_property
    def _ascii(self) -> bool:
        return self.segment.text.isascii()

    def offset(self, line: int, column: int) -> int:
        """The offset of an `ast` place: a 1-based line and a column in UTF-8 bytes."""
        line -= 1 + self.lines_before
        starts = self._source.line_starts
        if not 0 <= line < len(starts):
            return 0 if line < 0 else len(self.segment.text)
        if self._ascii:
            return starts[line] + column
        encoded = self._source.line_text(line).encode("utf-8", "surrogatepass")
        return starts[line] + len(encoded[:column].decode("utf-8", "surrogatepass"))

    def span(self, node: ast.AST) -> Span:
        """Where a node of this tree stands."""
        line, column = node.lineno, node.col_offset  # type: ignore[attr-defined]
        end_line, end_column = node.end_lineno, node.end_col_offset  # type: ignore[attr-defined]
        return Span(self.offset(line, column), self.offset(end_line, end_column))


def _parseable(segment: Segment) -> tuple[str, int]:
    """A text that parses alone for a segment, and the number of lines put before the segment's own."""
    if segment.kind.in_class:
        return _CLASS_LINE + segment.text, 1
    if segment.kind is Kind.CLASS:
        indent = _body_indent(segment.text)
        return f"{segment.text.rstrip()}\n{indent}pass\n", 0
    return segment.text, 0


def _body_indent(text: str) -> str:
    """The indentation of the last indented line of code, which a class header's body ends with."""
    for line in reversed(text.splitlines()):
        code = line.lstrip()
        if code and not code.startswith("#") and line[0] in " \t":
            return line[: len(line) - len(code)]
    return "    "


def _parse(segment: Segment) -> Tree | None:
    text, lines_before = _parseable(segment)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            module = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        if segment.kind is not Kind.CLASS:
            return None
        return _parse_bodyless(segment)
    body = module.body
    if segment.kind.in_class:
        body = body[0].body  # type: ignore[attr-defined]
    elif segment.kind is Kind.CLASS:
        body[-1].body.pop()  # type: ignore[attr-defined]
    return Tree(segment, tuple(body), lines_before)


def _parse_bodyless(segment: Segment) -> Tree | None:
    """A class header whose last line is part of a longer statement at a depth of its own."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return Tree(segment, tuple(ast.parse(segment.text).body), 0)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def tree(segment: Segment) -> Tree | None:
    """The `ast` of a segment, or None if it does not parse."""
    memory = segment.memory
    if tree not in memory:
        memory[tree] = _parse(segment)
    found: Tree | None = memory[tree]
    return found


def cst(segment: Segment) -> libcst.Module | None:
    """The `libcst` tree of a segment (of the text that `_parseable` makes of it), or None if it does not parse."""
    import libcst

    memory = segment.memory
    if cst not in memory:
        try:
            memory[cst] = libcst.parse_module(_parseable(segment)[0])
        except (libcst.ParserSyntaxError, RecursionError):
            memory[cst] = None
    found: libcst.Module | None = memory[cst]
    return found


def lines_before(segment: Segment) -> int:
    """The number of lines that stand before a segment's own text in its `libcst` tree."""
    return _parseable(segment)[1]
