"""An open file or notebook as it stood at one moment: what is reviewed, and where its places are shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

from lsprotocol import types as lsp
from pygls.uris import to_fs_path
from pygls.workspace import Workspace

from ml_lsp.server.documents import Document
from ml_lsp.text import Edit, Source, Span

if TYPE_CHECKING:
    from ml_lsp.review import Document as Reviewable
    from ml_lsp.syntax.notebook import Joined

_LANGUAGES = {"python": "python", "yaml": "yaml", "json": "json", "jsonc": "json", "toml": "toml"}
_SUFFIXES = {
    ".py": "python", ".pyi": "python", ".yaml": "yaml", ".yml": "yaml", ".json": "json", ".toml": "toml",
}  # fmt: skip
LARGEST = 5_000_000
"""Texts longer than this (code points) are not reviewed: no person wrote them."""


class Part(NamedTuple):
    """A text that the editor shows: a file or a cell."""

    uri: str
    version: int | None
    source: Source


@dataclass(frozen=True)
class Snapshot:
    """A file or notebook at one version. `cells` are the indexes in the notebook of the cells in `parts`."""

    uri: str
    version: int
    text: str
    language: str
    parts: tuple[Part, ...]
    joined: Joined | None = None
    cells: tuple[int, ...] = ()

    @cached_property
    def path(self) -> Path:
        """Where the file is, or would be if it were saved."""
        return path_of(self.uri)

    @property
    def is_notebook(self) -> bool:
        """Whether the text is the cells of a notebook."""
        return self.joined is not None

    def reviewable(self) -> Reviewable:
        """The same as the value that a review takes."""
        from ml_lsp.review import Document as Reviewable

        boundaries = self.joined.boundaries if self.joined else ()
        return Reviewable(self.path, self.text, self.language, boundaries, self.joined)

    def part(self, uri: str) -> Part | None:
        """The part that is shown at `uri`, if it is one of these."""
        return next((part for part in self.parts if part.uri == uri), None)

    def cell_number(self, uri: str) -> int | None:
        """The 0-based number, among the parts, of the cell at `uri`; None if it is no such cell."""
        uris = [part.uri for part in self.parts] if self.is_notebook else []
        return uris.index(uri) if uri in uris else None

    def place(self, span: Span) -> tuple[Part, Span]:
        """The part that shows a range of the text, and the range in it."""
        if self.joined is None:
            return self.parts[0], span
        cell, inside = self.joined.span_in_cell(span)
        return self.parts[self.cells.index(cell)], inside

    def span(self, uri: str, inside: Span) -> Span:
        """The range of the text that is `inside` a part."""
        if self.joined is None:
            return inside
        cell = next(cell for cell, part in zip(self.cells, self.parts, strict=True) if part.uri == uri)
        return inside.shift(self.joined.cell_span(cell).start)

    def edits(self, edits: Iterable[Edit]) -> Sequence[tuple[Part, Sequence[Edit]]] | None:
        """Edits of the text as edits of the parts; None if they cannot be made there."""
        if self.joined is None:
            return [(self.parts[0], tuple(edits))]
        by_cell = self.joined.edits_by_cell(edits)
        if by_cell is None:
            return None
        return [(self.parts[self.cells.index(cell)], found) for cell, found in by_cell.items()]


@lru_cache(maxsize=256)
def path_of(uri: str) -> Path:
    """The path of a URI; of one that is no file, the path that it names. Every keystroke asks several times."""
    return Path(to_fs_path(uri) or PurePosixPath(uri.partition(":")[2] or uri))


def owner(workspace: Workspace, uri: str) -> str:
    """What is reviewed when the document at `uri` changes: its notebook, or the document itself."""
    notebook = workspace.get_notebook_document(cell_uri=uri)
    return notebook.uri if notebook else uri


def take(workspace: Workspace, uri: str) -> Snapshot | None:
    """The open file or notebook at `uri` as it stands; None if it is closed or of another kind."""
    notebook = workspace.get_notebook_document(notebook_uri=uri)
    if notebook is not None:
        return _take_notebook(workspace, notebook)
    document = _document(workspace, uri)
    if document is None:
        return None
    language = _language(document)
    if language is None:
        return None
    part = Part(document.uri, document.version, document.content)
    return Snapshot(document.uri, document.version or 0, document.source, language, (part,))


def _document(workspace: Workspace, uri: str) -> Document | None:
    document = workspace.text_documents.get(unquote(uri))
    return document if isinstance(document, Document) else None


def _language(document: Document) -> str | None:
    named = _LANGUAGES.get((document.language_id or "").lower())
    return named or _SUFFIXES.get(PurePosixPath(document.path).suffix.lower())


def _take_notebook(workspace: Workspace, notebook: lsp.NotebookDocument) -> Snapshot:
    from ml_lsp.syntax.notebook import Cell, join

    documents = [_document(workspace, cell.document) for cell in notebook.cells]
    cells = [
        Cell(
            document.source if document else "",
            "code" if cell.kind == lsp.NotebookCellKind.Code else "markdown",
            (document.language_id or "") if document else "",
            cell.document,
            execution_count=cell.execution_summary.execution_order if cell.execution_summary else None,
        )
        for cell, document in zip(notebook.cells, documents, strict=True)
    ]
    joined = join(cells, notebook.metadata if isinstance(notebook.metadata, dict) else {})
    parts = tuple(
        Part(document.uri, document.version, document.content)
        for index in joined.indexes
        if (document := documents[index])
    )
    return Snapshot(notebook.uri, notebook.version, joined.text, "python", parts, joined, joined.indexes)
