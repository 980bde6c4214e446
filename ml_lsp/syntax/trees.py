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
    """The `ast` of one segment, whose text it is. All spans are offsets in the segment's text."""

    text: str
    body: tuple[ast.stmt, ...]
    lines_before: int

    @cached_property
    def _source(self) -> Source:
        return Source(self.text)

    @cached_property
    def _ascii(self) -> bool:
        return self.text.isascii()

    def offset(self, line: int, column: int) -> int:
        """The offset of an `ast` place: a 1-based line and a column in UTF-8 bytes."""
        line -= 1 + self.lines_before
        starts = self._source.line_starts
        if not 0 <= line < len(starts):
            return 0 if line < 0 else len(self.text)
        if self._ascii:
            return starts[line] + column
        encoded = self._source.line_text(line).encode("utf-8", "surrogatepass")
        return starts[line] + len(encoded[:column].decode("utf-8", "surrogatepass"))

    def span(self, node: ast.AST) -> Span:
        """Where a node of this tree stands."""
        line, column = node.lineno, node.col_offset  # type: ignore[attr-defined]
        end_line, end_column = node.end_lineno, node.end_col_offset  # type: ignore[attr-defined]
        return Span(self.offset(line, column), self.offset(end_line, end_column))

    @cached_property
    def _parents(self) -> dict[ast.AST, ast.AST]:
        return {
            child: node
            for statement in self.body
            for node in ast.walk(statement)
            for child in ast.iter_child_nodes(node)
        }

    def parent(self, node: ast.AST) -> ast.AST | None:
        """The node that a node is directly part of; None for a statement at the segment's own level."""
        return self._parents.get(node)


# Fields without nodes to look into: names, numbers, flags, and nodes that say nothing but their kind.
_LEAVES = frozenset({
    "ctx", "op", "ops", "id", "attr", "arg", "asname", "module", "level", "rest", "kwd_attrs", "kind",
    "type_comment", "type_ignores", "is_async", "simple", "conversion",
})  # fmt: skip
_WITHOUT_NODES = (ast.Constant, ast.Global, ast.Nonlocal, ast.MatchSingleton)


_BRANCHES: dict[type[ast.AST], tuple[str, ...]] = {}  # the fields of each kind of node that hold nodes


def _branches(kind: type[ast.AST]) -> tuple[str, ...]:
    found = () if kind in _WITHOUT_NODES else tuple(name for name in kind._fields if name not in _LEAVES)
    return _BRANCHES.setdefault(kind, found)


def children(node: ast.AST) -> list[ast.AST]:
    """The nodes that a node is directly made of, in order, without operators and contexts.

    What `ast.iter_child_nodes` yields, in half the time: every keystroke walks a whole function several times.
    """
    found: list[ast.AST] = []
    kind = type(node)
    fields = _BRANCHES.get(kind)
    for name in fields if fields is not None else _branches(kind):
        value = getattr(node, name, None)
        if type(value) is list:
            found += value
        elif isinstance(value, ast.AST):
            found.append(value)
    return [child for child in found if child is not None] if None in found else found


def own_name(node: ast.AST) -> str:
    """The name at the end of a dotted one as written: x of `a.b.x` and of `x`; empty for other expressions."""
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def below_attributes(node: ast.AST) -> ast.AST:
    """What attributes are read from: a of `a.b.x`, the call of `f().x`; the expression itself if it reads none."""
    while isinstance(node, ast.Attribute):
        node = node.value
    return node


def _lines_before(segment: Segment) -> str:
    """What must stand before a segment's text so that it parses alone."""
    return _CLASS_LINE if segment.kind.in_class else ""


def _parsed(text: str) -> list[ast.stmt] | None:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _parse(segment: Segment) -> Tree | None:
    before = _lines_before(segment)
    # A byte order mark has a segment to itself, which is blank to Python.
    text = f" {segment.text[1:]}" if segment.text.startswith("\ufeff") else segment.text
    body = _parsed(before + text)
    if body is None and segment.kind is Kind.CLASS:  # a header right before its first method
        body = _parsed(f"{segment.text.rstrip()}\n    pass\n")
        if body is not None:
            body[-1].body.pop()  # type: ignore[attr-defined]
    if body is None:
        return None
    if segment.kind.in_class:
        body = body[0].body  # type: ignore[attr-defined]
    return Tree(segment.text, tuple(body), before.count("\n"))


def tree(segment: Segment) -> Tree | None:
    """The `ast` of a segment, or None if it does not parse."""
    memory = segment.memory
    if tree not in memory:
        memory[tree] = _parse(segment)
    found: Tree | None = memory[tree]
    return found


def cst(segment: Segment) -> libcst.Module | None:
    """The `libcst` tree of a segment, or None if it does not parse.

    An indented segment is parsed below `lines_before` lines, a class header without a body with one behind it.
    """
    import libcst

    memory = segment.memory
    if cst not in memory:
        memory[cst] = None
        ways = [_lines_before(segment) + segment.text]
        if segment.kind is Kind.CLASS:
            ways.append(f"{segment.text.rstrip()}\n    pass\n")
        for text in ways:
            try:
                memory[cst] = libcst.parse_module(text)
                break
            except (libcst.ParserSyntaxError, RecursionError):
                continue
    found: libcst.Module | None = memory[cst]
    return found


def lines_before(segment: Segment) -> int:
    """The number of lines that stand before a segment's own text in its `libcst` tree."""
    return _lines_before(segment).count("\n")
