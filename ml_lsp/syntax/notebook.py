"""A notebook's code cells as one Python text, and the way back from places in that text to the cells."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, lru_cache
from types import MappingProxyType
from typing import Any, Literal, NamedTuple

from ml_lsp.syntax.magics import Magic, blank, cell_magics, parsed
from ml_lsp.text import Edit, Span

Kind = Literal["code", "markdown", "raw"]
_NO_METADATA: Mapping[str, Any] = MappingProxyType({})


@dataclass(frozen=True)
class Cell:
    """One cell as it stands in the editor or in the file.

    `language` is lower case (`python`, `markdown`, `shellscript`); `id` is the cell's id in the file or its
    URI in the editor, empty if it has none; `execution_count` is None for a cell that has not run.
    """

    source: str
    kind: Kind = "code"
    language: str = "python"
    id: str = ""
    tags: tuple[str, ...] = ()
    execution_count: int | None = None

    @property
    def is_python(self) -> bool:
        """Whether the cell is code for a Python kernel."""
        return self.kind == "code" and self.language == "python"


class Place(NamedTuple):
    """A 0-based index among all cells of the notebook, and a code-point offset in that cell's source."""

    cell: int
    offset: int


@dataclass(frozen=True)
class Joined:
    """The Python cells of a notebook as one text.

    Each cell is followed by one line feed of its own (the joint), so that every offset of a cell, its end
    included, has one offset in `text` and back. `boundaries` are the offsets at which cells start, `indexes`
    the cells' 0-based places among all cells, `magics` what is hidden from Python, with offsets in `text`.
    `cells` are those cells as they stand in the notebook, `metadata` what the notebook says of itself.
    """

    text: str
    boundaries: tuple[int, ...]
    indexes: tuple[int, ...]
    magics: tuple[Magic, ...]
    cells: tuple[Cell, ...] = ()
    metadata: Mapping[str, Any] = field(default_factory=lambda: _NO_METADATA, compare=False)

    def cell_at(self, offset: int) -> Place:
        """The cell that holds `offset`, and where in it; a joint belongs to the cell before it.

        Raises:
            LookupError: if there is no Python cell, or `offset` is outside the text.
        """
        if not self.boundaries or not 0 <= offset <= len(self.text):
            raise LookupError(f"no cell at offset {offset}")
        cell = bisect_right(self.boundaries, offset) - 1
        start, end = self._span(cell)
        return Place(self.indexes[cell], min(offset, end) - start)

    def to_joined(self, cell: int, offset: int) -> int:
        """The offset in `text` of a code-point offset in a cell; one past its end is brought back to it.

        Raises:
            LookupError: if `cell` is not one of the notebook's Python cells.
        """
        start, end = self.cell_span(cell)
        return min(start + offset, end)

    def cell_span(self, cell: int) -> Span:
        """The range of a cell in `text`, without its joint.

        Raises:
            LookupError: if `cell` is not one of the notebook's Python cells.
        """
        at = bisect_left(self.indexes, cell)
        if at == len(self.indexes) or self.indexes[at] != cell:
            raise LookupError(f"cell {cell} is not Python code")
        return self._span(at)

    def span_in_cell(self, span: Span) -> tuple[int, Span]:
        """The cell in which `span` starts and the range in it; a range that runs on ends with the cell.

        Raises:
            LookupError: if there is no Python cell, or `span` starts outside the text.
        """
        cell, start = self.cell_at(span.start)
        end = self.to_joined(cell, start + span.end - span.start)
        return cell, Span(start, end - self.cell_span(cell).start)

    def edit_in_cell(self, edit: Edit) -> tuple[int, Edit] | None:
        """The cell that `edit` changes and the edit in it; None if no single cell's edit does the same.

        None as well for an edit that replaces what a magic hides, but for another magic's name. The joint
        is not part of the cell: an edit that takes whole lines up to it leaves out that line feed. What is put
        above a cell magic goes below it: the magic must stay on top.
        """
        below = self._below_cell_magic(edit) if self.boundaries else None
        if below is None:
            return None
        (start, end), new = below
        cell, offset = self.cell_at(start)
        whole = self.cell_span(cell)
        if any(magic.span.overlaps(below.span) and not magic.is_kept_by(below) for magic in self.magics):
            return None
        if start > whole.end:
            return cell, Edit(Span(offset, offset), "\n" + new.removesuffix("\n"))
        takes_line = not new and (start == whole.start or self.text[start - 1] in "\r\n")
        if end == whole.end + 1 and (new.endswith("\n") or takes_line):
            end, new = whole.end, new.removesuffix("\n")
        if end > whole.end:
            return None
        return cell, Edit(Span(start, end).shift(-whole.start), new)

    def _below_cell_magic(self, edit: Edit) -> Edit | None:
        """An insertion above the `%%time` of a cell, moved below it; None if no cell can take it."""
        at = edit.span.start
        if at != edit.span.end or not 0 <= at <= len(self.text):
            return edit
        for number in range(bisect_right(self.boundaries, at) - 1, len(self.boundaries)):
            whole = self._span(number)
            at = max(at, whole.start)
            top = self._top_magics(whole)
            if not top or at > top[-1].span.start:
                return Edit(Span(at, at), edit.new)
            if top[-1].span.end < whole.end:
                at = top[-1].span.end + (2 if self.text.startswith("\r\n", top[-1].span.end) else 1)
                return Edit(Span(at, at), edit.new)
        return None

    def _top_magics(self, cell: Span) -> list[Magic]:
        """The cell magics on top of a cell, which nothing but comments and blank lines may precede."""
        found = [m for m in self.magics if cell.start <= m.span.start < cell.end and m.text.startswith("%%")]
        return [m for m in found if _NO_CODE.fullmatch(self.text, cell.start, m.span.start)]

    def edits_by_cell(self, edits: Iterable[Edit]) -> dict[int, tuple[Edit, ...]] | None:
        """All edits of one change, by cell; None if one of them cannot be made inside a cell."""
        by_cell: dict[int, tuple[Edit, ...]] = {}
        for edit in edits:
            mapped = self.edit_in_cell(edit)
            if mapped is None:
                return None
            by_cell[mapped[0]] = (*by_cell.get(mapped[0], ()), mapped[1])
        return by_cell

    def with_text(self, text: str, moved: Callable[[int], int]) -> Joined:
        """The same cells after edits that made `text` of theirs; `moved` moves an offset."""
        boundaries = tuple(map(moved, self.boundaries))
        cells = tuple(
            replace(cell, source=text[start : end - 1])
            for cell, start, end in zip(self.cells, boundaries, (*boundaries, len(text))[1:], strict=True)
        )
        magics = tuple(self._moved(magic, text, moved(magic.span.start)) for magic in self.magics)
        return replace(self, text=text, boundaries=boundaries, magics=magics, cells=cells)

    def _moved(self, magic: Magic, text: str, start: int) -> Magic:
        """A magic in the new text, where edits may have put other characters in its place."""
        before = self.text[magic.span.start : magic.span.end]
        after = text[start : start + len(before)]
        said = (
            old if new == hidden else new for old, hidden, new in zip(magic.text, before, after, strict=True)
        )
        return replace(magic.shift(start - magic.span.start), text="".join(said))

    @cached_property
    def broken(self) -> frozenset[int]:
        """The cells (0-based among all cells) whose text, magics blanked, Python cannot parse."""
        spans = (self._span(at) for at in range(len(self.boundaries)))
        return frozenset(
            index
            for index, (start, end) in zip(self.indexes, spans, strict=True)
            if not _parses(self.text[start:end])
        )

    @property
    def written(self) -> str:
        """The cells as they stand in the notebook, magics and all, with the offsets of `text`."""
        return "".join(f"{cell.source}\n" for cell in self.cells)

    def _span(self, at: int) -> Span:
        """The range of the Python cell number `at`, without its joint."""
        last = at + 1 == len(self.boundaries)
        end = len(self.text) if last else self.boundaries[at + 1]
        return Span(self.boundaries[at], end - 1)


def join(cells: Sequence[Cell], metadata: Mapping[str, Any] = _NO_METADATA) -> Joined:
    """Join the Python cells of a notebook, in order, into one text; other cells only count in the indexes."""
    pieces: list[str] = []
    boundaries: list[int] = []
    magics: list[Magic] = []
    at = 0
    for cell in cells:
        if cell.is_python:
            found = cell_magics(cell.source)
            boundaries.append(at)
            pieces += (blank(cell.source, found), "\n")
            magics += (magic.shift(at) for magic in found)
            at += len(cell.source) + 1
    indexes = tuple(index for index, cell in enumerate(cells) if cell.is_python)
    python = tuple(cell for cell in cells if cell.is_python)
    return Joined("".join(pieces), tuple(boundaries), indexes, tuple(magics), python, metadata)


_NO_CODE = re.compile(r"(?>(?:[ \t]*+(?:#[^\r\n]*+)?(?:\r\n|\r|\n))*)[ \t]*+")


@lru_cache(maxsize=4096)
def _parses(source: str) -> bool:
    return parsed(source) is not None
