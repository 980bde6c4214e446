"""A notebook as checks see it: its cells in order, and the pieces of the joined text in each."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.syntax.magics import Magic
from ml_lsp.syntax.notebook import Cell, Joined
from ml_lsp.syntax.segments import Split
from ml_lsp.text import Span

_LINE = re.compile(r"\S[^\r\n]*(?<=\S)")


@dataclass(frozen=True, eq=False)
class NotebookCell:
    """One Python cell. `index` is its 0-based place among all cells, `span` its range in the joined text.

    `pieces` are the pieces of the module that stand in it. `magics` is what is IPython's in it.
    """

    index: int
    span: Span
    cell: Cell
    pieces: tuple[int, ...]
    magics: tuple[Magic, ...]

    @property
    def first_line(self) -> Span:
        """The range of its first line that is not blank."""
        found = _LINE.search(self.cell.source)
        start, end = found.span() if found else (0, 0)
        return Span(start, end).shift(self.span.start)

    @property
    def number(self) -> int:
        """Its 1-based place among all cells, as people count."""
        return self.index + 1


@dataclass(frozen=True, eq=False)
class Notebook:
    """A notebook with its module. All spans are offsets in the joined text."""

    inquiry: Inquiry
    joined: Joined

    @property
    def metadata(self) -> Mapping[str, Any]:
        """What the file says of itself as a whole; empty where it is not known."""
        return self.joined.metadata

    @cached_property
    def cells(self) -> tuple[NotebookCell, ...]:
        """The Python cells in the order in which they stand."""
        joined, starts = self.joined, self.inquiry.module.split.starts
        ends = (*joined.boundaries, len(joined.text))[1:]
        found = []
        for index, cell, start, end in zip(
            joined.indexes, joined.cells, joined.boundaries, ends, strict=True
        ):
            pieces = tuple(range(bisect_left(starts, start), bisect_left(starts, end)))
            magics = tuple(magic for magic in joined.magics if start <= magic.span.start < end)
            found.append(NotebookCell(index, Span(start, end - 1), cell, pieces, magics))
        return tuple(found)


def notebook_of(inquiry: Inquiry, cells: Joined, pieces: Split) -> Notebook:
    """The notebook whose cells are `pieces` as they stand; `inquiry` may speak of older versions of some.

    Where a piece does not parse, its last version that did takes its place, and what follows moves.
    """
    readable = inquiry.module.split

    def moved(at: int) -> int:
        piece = max(0, bisect_right(pieces.starts, at) - 1)
        return readable.starts[piece] + at - pieces.starts[piece] if pieces.starts else at

    return Notebook(inquiry, cells if readable.text == cells.text else cells.with_text(readable.text, moved))
