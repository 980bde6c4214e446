"""Events in, diagnostics out: the server with its features, on standard input and output or on a socket."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from lsprotocol import types as lsp

from ml_lsp.garbage import collect_rarely
from ml_lsp.server import actions, commands, diagnostics, hover, lifecycle, sync, workspace_pull
from ml_lsp.server.protocol import Ready
from ml_lsp.server.server import LogToEditor, Server
from ml_lsp.server.wire import FileWriter, Receive, read_stdin, serve_socket

if TYPE_CHECKING:
    from ml_lsp.server.engine import Engine


def _load_engine() -> Engine:
    from ml_lsp.server.engine import load

    return load()


def run_stdio(load: Callable[[], Engine] = _load_engine) -> None:
    """Serve the editor at standard input and output until it leaves."""
    out = FileWriter(sys.stdout.buffer)
    sys.stdout = sys.stderr  # what anything prints must not come between the messages

    async def serve() -> None:
        server = create(load)
        server.protocol.set_writer(out)
        await read_stdin(server.protocol.receive)

    _run(serve())


def run_tcp(host: str, port: int, load: Callable[[], Engine] = _load_engine) -> None:
    """Listen on a socket, and serve the first editor that connects until it leaves; 0 is any free port."""

    async def serve() -> None:
        def connect(writer: asyncio.StreamWriter) -> Receive:
            server = create(load)
            server.protocol.set_writer(writer)
            return server.protocol.receive

        await serve_socket(host, port, connect)

    _run(serve())


def _run(serving: Any) -> None:
    logging.getLogger("pygls").setLevel(logging.CRITICAL)  # what it logs is reported by Server as well
    collect_rarely()
    try:
        asyncio.run(serving)
    except (BrokenPipeError, ConnectionResetError, KeyboardInterrupt):
        return  # the editor is gone, or a person at a terminal has had enough


def create(load: Callable[[], Engine]) -> Server:
    """A server for one connection, with all its features."""
    server = Server(load, diagnostics.publish)
    _log_to_editor(server)
    _wire_lifecycle(server)
    _wire_documents(server)
    _wire_notebooks(server)
    _wire_questions(server)
    commands.wire(server)
    return server


def _log_to_editor(server: Server) -> None:
    log = logging.getLogger("ml_lsp")
    log.handlers = [LogToEditor(server)]
    log.propagate = False


def _wire_lifecycle(server: Server) -> None:
    @server.feature(lsp.INITIALIZE)
    def initialize(params: lsp.InitializeParams) -> None:
        lifecycle.initialize(server, params)
        if server.session.client.pull:
            _wire_pull(server)

    @server.feature(lsp.INITIALIZED)
    def initialized(params: lsp.InitializedParams) -> None:
        lifecycle.initialized(server)

    @server.feature(lsp.SHUTDOWN)
    def shutdown(params: None) -> None:
        server.session.stop()
        server.leave_places()
        server.protocol.cancel_requests()

    @server.feature(lsp.WORKSPACE_DID_CHANGE_CONFIGURATION)
    async def did_change_configuration(params: lsp.DidChangeConfigurationParams) -> None:
        await lifecycle.configuration_changed(server, params)

    @server.feature(lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def did_change_watched_files(params: lsp.DidChangeWatchedFilesParams) -> None:
        lifecycle.files_changed(server, params)

    @server.feature(lsp.WORKSPACE_DID_CHANGE_WORKSPACE_FOLDERS)
    async def did_change_workspace_folders(params: lsp.DidChangeWorkspaceFoldersParams) -> None:
        await lifecycle.folders_changed(server)


def _wire_pull(server: Server) -> None:
    """Diagnostics on request; wired only for editors that ask, as it is announced to all."""
    options = lsp.DiagnosticOptions(
        inter_file_dependencies=True, workspace_diagnostics=False, identifier=diagnostics.IDENTIFIER
    )

    @server.feature(lsp.TEXT_DOCUMENT_DIAGNOSTIC, options)
    async def diagnostic(params: lsp.DocumentDiagnosticParams) -> Ready:
        return await diagnostics.report(server, params)

    if workspace_pull.is_wanted(server.session.wishes):

        @server.feature(lsp.WORKSPACE_DIAGNOSTIC)
        async def workspace_diagnostic(params: lsp.WorkspaceDiagnosticParams) -> Ready:
            return await workspace_pull.report(server, params)


def _wire_documents(server: Server) -> None:
    @server.feature(lsp.TEXT_DOCUMENT_DID_OPEN)
    def did_open(params: lsp.DidOpenTextDocumentParams) -> None:
        sync.opened(server, params.text_document.uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CHANGE)
    def did_change(params: lsp.DidChangeTextDocumentParams) -> None:
        sync.changed(server, params.text_document.uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_SAVE, lsp.SaveOptions(include_text=False))
    def did_save(params: lsp.DidSaveTextDocumentParams) -> None:
        sync.saved(server, params.text_document.uri)

    @server.feature(lsp.TEXT_DOCUMENT_DID_CLOSE)
    def did_close(params: lsp.DidCloseTextDocumentParams) -> None:
        sync.closed(server, params.text_document.uri)


def _wire_notebooks(server: Server) -> None:
    @server.feature(lsp.NOTEBOOK_DOCUMENT_DID_OPEN)
    def did_open(params: lsp.DidOpenNotebookDocumentParams) -> None:
        sync.opened(server, params.notebook_document.uri)

    @server.feature(lsp.NOTEBOOK_DOCUMENT_DID_CHANGE)
    def did_change(params: lsp.DidChangeNotebookDocumentParams) -> None:
        sync.notebook_changed(server, params)

    @server.feature(lsp.NOTEBOOK_DOCUMENT_DID_SAVE)
    def did_save(params: lsp.DidSaveNotebookDocumentParams) -> None:
        sync.saved(server, params.notebook_document.uri)

    @server.feature(lsp.NOTEBOOK_DOCUMENT_DID_CLOSE)
    def did_close(params: lsp.DidCloseNotebookDocumentParams) -> None:
        sync.notebook_closed(server, params)


def _wire_questions(server: Server) -> None:
    options = lsp.CodeActionOptions(list(actions.KINDS), resolve_provider=True)

    @server.feature(lsp.TEXT_DOCUMENT_CODE_ACTION, options)
    async def code_action(params: lsp.CodeActionParams) -> Ready:
        return await actions.actions(server, params)

    @server.feature(lsp.CODE_ACTION_RESOLVE)
    def code_action_resolve(action: lsp.CodeAction) -> Ready:
        return actions.resolve(server, action)

    @server.feature(lsp.TEXT_DOCUMENT_HOVER)
    async def text_document_hover(params: lsp.HoverParams) -> Ready | None:
        return await hover.hover(server, params)
