"""Open documents as the protocol keeps them: LSP line ends only, and a line table that survives edits."""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import unquote

import attrs
from lsprotocol import types as lsp
from pygls.workspace import TextDocument, Workspace

from ml_lsp.text import Edit, Encoding, Position, Source, Span

log = logging.getLogger(__name__)


class Document(TextDocument):
    """A pygls document over a `Source`.

    pygls 2.1.1 splits lines with `str.splitlines`, which takes a form feed or U+2028 for a line end and so
    puts later edits into the wrong place, and splits the whole text again for every edit.
    """

    def __init__(self, uri: str, source: str | None = None, *rest: Any, **named: Any) -> None:
        super().__init__(uri, source, *rest, **named)
        self.content = Source(source or "")

    @property
    def source(self) -> str:
        """The text as it stands."""
        return self.content.text

    def apply_change(self, change: lsp.TextDocumentContentChangeEvent) -> None:
        """Make one change; a range outside the text is brought back to the nearest place inside."""
        if not isinstance(change, lsp.TextDocumentContentChangePartial):
            self.content = Source(change.text)
            return
        encoding = encoding_name(self.position_codec.encoding)
        start = self.content.offset(_position(change.range.start), encoding)
        end = self.content.offset(_position(change.range.end), encoding)
        span = Span(min(start, end), max(start, end))
        self.content = self.content.edited(Edit(span, change.text))


class Documents(Workspace):
    """The pygls workspace, with documents of the kind above."""

    def _create_text_document(
        self,
        doc_uri: str,
        source: str | None = None,
        version: int | None = None,
        language_id: str | None = None,
    ) -> Document:
        return Document(doc_uri, source, version, language_id, position_codec=self.position_codec)

    def update_text_document(
        self, text_doc: lsp.VersionedTextDocumentIdentifier, change: lsp.TextDocumentContentChangeEvent
    ) -> None:
        """Change a document or a cell; one that is not open is left alone, as nobody knows what stands in it."""
        if unquote(text_doc.uri) in self.text_documents:
            super().update_text_document(text_doc, change)
        else:
            log.warning("%s has changed but is not open", text_doc.uri)

    def put_notebook_document(self, params: lsp.DidOpenNotebookDocumentParams) -> None:
        """Open a notebook, also one that was not closed before."""
        self._remove_cells(params.notebook_document.uri)
        super().put_notebook_document(params)

    def update_notebook_document(self, params: lsp.DidChangeNotebookDocumentParams) -> None:
        """Change a notebook that is open.

        What is closed goes first: a cell that changes its language is opened again.
        """
        uri = params.notebook_document.uri
        if self.get_notebook_document(notebook_uri=uri) is None:
            log.warning("%s has changed but is not open", uri)
            return
        cells = params.change.cells
        for closed in (cells and cells.structure and cells.structure.did_close) or ():
            self.remove_text_document(closed.uri)
        super().update_notebook_document(_without_closed(params))

    def remove_notebook_document(self, params: lsp.DidCloseNotebookDocumentParams) -> None:
        """Close a notebook with all its cells, also those that the editor does not name."""
        super().remove_notebook_document(params)
        self._remove_cells(params.notebook_document.uri)

    def _remove_cells(self, notebook: str) -> None:
        cells = [cell for cell, owner in self._cell_in_notebook.items() if owner == unquote(notebook)]
        for cell in cells:
            self.remove_text_document(cell)


def _without_closed(params: lsp.DidChangeNotebookDocumentParams) -> lsp.DidChangeNotebookDocumentParams:
    cells = params.change.cells
    if cells is None or cells.structure is None:
        return params
    structure = attrs.evolve(cells.structure, did_close=None)
    change = attrs.evolve(params.change, cells=attrs.evolve(cells, structure=structure))
    return attrs.evolve(params, change=change)


def encoding_name(kind: object) -> Encoding:
    """The name of an encoding that pygls gives as an enum or as a text."""
    return lsp.PositionEncodingKind(kind).value


def _position(place: lsp.Position) -> Position:
    return Position(place.line, place.character)
