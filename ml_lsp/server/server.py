"""The server object: pygls with the repaired protocol and a session."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

from ml_lsp import __version__
from ml_lsp.server.protocol import Protocol
from ml_lsp.server.session import Reviewed, Session

if TYPE_CHECKING:
    from ml_lsp.server.engine import Engine

log = logging.getLogger(__name__)

_EXPECTED = {lsp.LSPErrorCodes.ServerCancelled.value, lsp.LSPErrorCodes.ContentModified.value}


class Server(LanguageServer):
    """A language server for one connection. `load` gives the engine, `publish` shows what was found."""

    protocol: Protocol

    def __init__(self, load: Callable[[], Engine], publish: Callable[[Server, Reviewed], None]) -> None:
        # A selector that names cells alone cannot be read by clients that use lsprotocol 2025.0.0 with a
        # newer cattrs; with `notebook` beside `cells` they can.
        selector = lsp.NotebookDocumentFilterWithCells(
            notebook="*", cells=[lsp.NotebookCellLanguage(language="python")]
        )
        super().__init__(
            "ml-lsp",
            __version__,
            notebook_document_sync=lsp.NotebookDocumentSyncOptions([selector], save=True),
            protocol_cls=Protocol,
        )
        self.session = Session(load, lambda done: publish(self, done), self.tell)
        self._spawned: set[asyncio.Task[None]] = set()
        self.session.backlog = lambda: self.protocol.backlog

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Go on with `work` beside everything else; what it raises is logged."""
        task = asyncio.create_task(work)
        self._spawned.add(task)  # the loop itself holds tasks only weakly
        task.add_done_callback(self._spawned_ended)

    def _spawned_ended(self, task: asyncio.Task[None]) -> None:
        self._spawned.discard(task)
        if not task.cancelled() and (error := task.exception()):
            log.error("%s failed: %s", task.get_coro(), error, exc_info=error)

    def tell(self, sentence: str) -> None:
        """Show a sentence to the person at the editor."""
        self.window_show_message(lsp.ShowMessageParams(lsp.MessageType.Error, sentence))

    def report_server_error(self, error: Exception, source: Any) -> None:
        """Log what went wrong; nobody at an editor can do anything about it."""
        if not (isinstance(error, JsonRpcException) and error.code in _EXPECTED):
            log.error("%s: %s", getattr(source, "__name__", source), error, exc_info=error)


class LogToEditor(logging.Handler):
    """Writes log lines into the editor's output window."""

    def __init__(self, server: Server) -> None:
        super().__init__(logging.WARNING)
        self._server = server

    def emit(self, record: logging.LogRecord) -> None:
        """Send one record."""
        kind = lsp.MessageType.Error if record.levelno >= logging.ERROR else lsp.MessageType.Warning
        self._server.window_log_message(lsp.LogMessageParams(kind, self.format(record)))
