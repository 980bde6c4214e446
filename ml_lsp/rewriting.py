"""Structural changes of code, worked out on libcst when somebody wants them."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING

from ml_lsp.finding import Fix, Rewrite
from ml_lsp.syntax.segments import Split, split
from ml_lsp.text import Edit, Source, Span

if TYPE_CHECKING:
    import libcst


def wrap_in_with(statements: Span, manager: str) -> Rewrite:
    """Put the statements of one block that `statements` covers under `with manager:`."""
    return Rewrite("wrap_in_with", statements, manager)


def decorate(definition: Span, decorator: str) -> Rewrite:
    """Put `@decorator` on the function that `definition` covers."""
    return Rewrite("decorate", definition, decorator)


def worked_out(text: str, fix: Fix, boundaries: tuple[int, ...] = (), pieces: Split | None = None) -> Fix:
    """The same fix with its structural changes made edits, against `text`.

    `pieces` is the split of that very text, if it is at hand with the trees that it has already.

    Raises:
        CannotRewrite: if the text has changed so that a structural change finds nothing to work on.
    """
    if not fix.rewrites:
        return fix
    if pieces is None or pieces.text != text:
        pieces = split(text, boundaries=boundaries)
    edits = [edit for rewrite in fix.rewrites for edit in _rewritten(pieces, rewrite)]
    return replace(fix, edits=(*fix.edits, *edits), rewrites=())


class CannotRewrite(ValueError):
    """What a structural change is about is not there."""


def _rewritten(pieces: Split, rewrite: Rewrite) -> list[Edit]:

    from ml_lsp.syntax.trees import cst, lines_before

    index = max(0, bisect_right(pieces.starts, rewrite.span.start) - 1)
    segment = pieces.segments[index]
    module = cst(segment)
    if module is None:
        raise CannotRewrite("the code does not parse")
    before = lines_before(segment)
    verb = STRUCTURAL[rewrite.verb]
    edits = verb(
        module, Source(segment.text), before, rewrite.span.shift(-pieces.starts[index]), rewrite.argument
    )
    return [edit.shift(pieces.starts[index]) for edit in edits]


def _statement_lines(module: libcst.Module, source: Source, before: int, span: Span) -> tuple[int, int]:
    """The first and last 0-based line, in `source`, of the statements of one block that lie in `span`."""
    import libcst
    from libcst.metadata import MetadataWrapper, PositionProvider

    positions = MetadataWrapper(module, unsafe_skip_copy=True).resolve(PositionProvider)
    first, last = source.line_of(span.start), source.line_of(max(span.start, span.end - 1))
    for node in positions:
        if isinstance(node, libcst.IndentedBlock | libcst.Module):
            lines = [
                (positions[part].start.line - 1 - before, positions[part].end.line - 1 - before)
                for part in node.body
            ]
            inside = [line for line in lines if first <= line[0] <= last]
            if inside and inside[0][0] == first:
                return first, inside[-1][1]
    raise CannotRewrite("there is no statement at that place")


def _wrap_in_with(module: libcst.Module, source: Source, before: int, span: Span, manager: str) -> list[Edit]:
    first, last = _statement_lines(module, source, before, span)
    indent, step = _indent_of(source, first), module.default_indent
    while last + 1 < len(source.line_starts) and _is_inner_comment(source.line_text(last + 1), indent):
        last += 1
    fixed = _lines_inside_strings(module, before)
    deeper = [n for n in range(first + 1, last + 1) if n not in fixed and source.line_text(n).strip()]
    starts = [source.line_span(line).start for line in (first, *deeper)]
    head = f"{indent}with {manager}:{source.newline}{step}"
    return [Edit(Span(at, at), step if at != starts[0] else head) for at in starts]


def _indent_of(source: Source, line: int) -> str:
    text = source.line_text(line)
    return text[: len(text) - len(text.lstrip())]


def _is_inner_comment(line: str, indent: str) -> bool:
    """Whether a line is a comment that belongs to a block deeper than `indent`."""
    return (
        line.startswith(indent) and line[len(indent) :][:1] in (" ", "\t") and line.lstrip().startswith("#")
    )


def _lines_inside_strings(module: libcst.Module, before: int) -> set[int]:
    """The 0-based lines that start inside a string that goes over several lines."""
    import io
    import tokenize

    inside: set[int] = set()
    opened: list[int] = []
    for token in tokenize.generate_tokens(io.StringIO(module.code).readline):
        kind = tokenize.tok_name[token.type]
        if kind in ("FSTRING_START", "TSTRING_START"):
            opened.append(token.start[0])
        if kind == "STRING" or kind in ("FSTRING_END", "TSTRING_END"):
            begins = token.start[0] if kind == "STRING" else opened.pop()
            inside.update(range(begins - before, token.end[0] - before))
    return inside


def _decorate(module: libcst.Module, source: Source, before: int, span: Span, decorator: str) -> list[Edit]:
    line = source.line_of(span.start)
    if not re.match(r"\s*(@|async\s+def\b|def\b)", source.line_text(line)):
        raise CannotRewrite("there is no function at that place")
    at = source.line_span(line).start
    return [Edit(Span(at, at), f"{_indent_of(source, line)}@{decorator}{source.newline}")]


STRUCTURAL: dict[str, Callable[..., list[Edit]]] = {"wrap_in_with": _wrap_in_with, "decorate": _decorate}
