"""A file as a document to review, and back: a notebook is its Python cells joined, all else its text."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ml_lsp.files import language_of
from ml_lsp.report.results import CellStart
from ml_lsp.review import Document
from ml_lsp.text import apply
from ml_lsp.textfile import Unreadable, Unwritable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ml_lsp.syntax.notebook import Joined
    from ml_lsp.text import Edit


@dataclass(frozen=True)
class Opened:
    """A document with what it takes to bring changes of its text back into the file's text."""

    file_text: str
    document: Document
    joined: Joined | None = None

    @property
    def cells(self) -> tuple[CellStart, ...]:
        """Where the cells of a notebook start; empty for a plain file."""
        if self.joined is None:
            return ()
        return tuple(map(CellStart, self.joined.boundaries, self.joined.indexes))

    @property
    def shown_text(self) -> str:
        """The document's text as people wrote it: of a notebook with its magics, each at its place."""
        return self.document.text if self.joined is None else self.joined.written


def opened(path: Path, text: str) -> Opened:
    """The document that a file's text holds.

    Raises:
        Unreadable: if it is no notebook although it is named as one.
    """
    language = language_of(path)
    if language != "notebook":
        return Opened(text, Document(path, text, language))
    from ml_lsp.syntax.ipynb import NotebookError, read
    from ml_lsp.syntax.notebook import join

    try:
        notebook = read(text)
        joined = join(notebook.cells, notebook.metadata)
    except NotebookError as error:
        raise Unreadable(f"not a notebook: {error}") from error
    return Opened(text, Document(path, joined.text, cells=joined.boundaries, notebook=joined), joined)


def rewritten(file: Opened, edits: Iterable[Edit]) -> str:
    """The file's text when its document's text is edited.

    Raises:
        Unwritable: if a change does not stay within one cell, or would overwrite a magic.
    """
    if file.joined is None:
        return apply(file.file_text, edits)
    from ml_lsp.syntax.ipynb import read, replace_sources

    by_cell = file.joined.edits_by_cell(edits)
    if by_cell is None:
        raise Unwritable("a fix reaches beyond a cell")
    cells = read(file.file_text).cells
    return replace_sources(
        file.file_text, {cell: apply(cells[cell].source, by_cell[cell]) for cell in by_cell}
    )
