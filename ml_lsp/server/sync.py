"""Documents and notebooks that are opened, changed, saved and closed."""

from __future__ import annotations

from lsprotocol import types as lsp

from ml_lsp.server.diagnostics import clear
from ml_lsp.server.lifecycle import review_all
from ml_lsp.server.server import Server
from ml_lsp.server.snapshots import Snapshot, path_of


def opened(server: Server, uri: str) -> None:
    """A document or notebook was opened."""
    if server.session.client.pull:
        clear(server, [uri])  # what a review of the workspace showed for the closed file
    _look_at_settings(server, uri)
    _review(server, uri)


def changed(server: Server, uri: str) -> None:
    """A document or notebook was edited."""
    if server.session.ready.is_set() and server.session.configuration.on_save_only(path_of(uri)):
        return
    _review(server, uri)


def saved(server: Server, uri: str) -> None:
    """A document or notebook was written to disk."""
    session = server.session
    session.touched.set()
    _look_at_settings(server, uri)
    snapshot = session.snapshot(uri)
    if snapshot and session.ready.is_set() and session.configuration.on_save_only(snapshot.path):
        server.spawn(_review_saved(server, snapshot))


async def _review_saved(server: Server, snapshot: Snapshot) -> None:
    client = server.session.client
    reviewed = await server.session.current(snapshot)
    if reviewed and client.pull and client.refresh:
        server.workspace_diagnostic_refresh(None)


def closed(server: Server, uri: str) -> None:
    """A document was closed: nothing is shown for it any more."""
    server.session.forget(uri)
    server.closed(uri)
    server.session.touched.set()
    clear(server, [uri])


def notebook_changed(server: Server, params: lsp.DidChangeNotebookDocumentParams) -> None:
    """A notebook's cells were edited, added, moved, deleted or given another language."""
    uri = params.notebook_document.uri
    cells = params.change.cells
    if cells is not None and cells.structure is not None:
        clear(server, [document.uri for document in cells.structure.did_close or ()])
    changed(server, uri)


def notebook_closed(server: Server, params: lsp.DidCloseNotebookDocumentParams) -> None:
    """A notebook was closed, with all its cells, also those that the editor does not name."""
    uri = params.notebook_document.uri
    shown = _shown_cells(server, uri)
    server.session.forget(uri)
    server.closed(uri)
    clear(server, [*shown, *(document.uri for document in params.cell_text_documents)])


def _review(server: Server, uri: str) -> None:
    """Review what pushed diagnostics are wanted for; what is asked for is reviewed when it is asked for."""
    session = server.session
    snapshot = session.snapshot(uri)
    if snapshot is None:
        return
    if snapshot.is_notebook:
        known = {part.uri for part in snapshot.parts}
        cells = (*_shown_cells(server, uri), *_cells(server, uri))
        clear(server, [cell for cell in cells if cell not in known])
    if snapshot.is_notebook or not session.client.pull:
        session.review(snapshot)


def _shown_cells(server: Server, uri: str) -> list[str]:
    """The cells of a notebook when it was reviewed last; none of a text document."""
    last = server.session.last(uri)
    return [part.uri for part in last.snapshot.parts] if last and last.snapshot.is_notebook else []


def _cells(server: Server, uri: str) -> list[str]:
    notebook = server.workspace.get_notebook_document(notebook_uri=uri)
    return [cell.document for cell in notebook.cells] if notebook else []


def _look_at_settings(server: Server, uri: str) -> None:
    """Not every editor tells when a settings file changes, so look when a document is opened or saved."""
    if server.session.ready.is_set() and server.session.configuration.recheck(path_of(uri)):
        review_all(server)
