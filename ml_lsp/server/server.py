"""The server object: pygls with the repaired protocol and a session."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine, Iterable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException
from pygls.lsp.server import LanguageServer

from ml_lsp import __version__
from ml_lsp.server.protocol import Protocol
from ml_lsp.server.session import Reviewed, Session
from ml_lsp.server.snapshots import Snapshot, path_of

if TYPE_CHECKING:
    from ml_lsp.review import Surroundings
    from ml_lsp.server.engine import Engine
    from ml_lsp.server.places import Places
    from ml_lsp.workspace import Wishes

log = logging.getLogger(__name__)

PAUSE = 0.3
"""Seconds without a new version after which a document's meaning for others is looked at."""

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
        self.session = Session(load, self._finished, self.tell)
        self.session.around = self._around
        self._publish = publish
        self._idle: dict[str, asyncio.TimerHandle] = {}
        self._spawned: set[asyncio.Task[None]] = set()
        self._folders_on_disk: dict[Path, Path] = {}  # of files outside the editor's folders
        self.session.backlog = lambda: self.protocol.backlog

    @cached_property
    def places(self) -> Places:
        """What lies around open files, looked into beside the typing."""
        from ml_lsp.server.places import Places
        from ml_lsp.server.progress import Progress

        def progress(title: str) -> Progress:
            return Progress(self, title, cancellable=False)

        return Places(self._folder_of, self._interpreter_wishes, self.spawn, self._more_is_known, progress)

    def disk_changed(self, paths: Iterable[Path]) -> None:
        """Files came, went or changed on disk."""
        self._folders_on_disk.clear()
        if "places" in self.__dict__:
            self.places.files_changed(paths)

    def leave_places(self) -> None:
        """End what was started for the places, if anything was."""
        if "places" in self.__dict__:
            self.spawn(self.places.close())

    def _around(self, path: Path) -> Surroundings:
        return self.places.of(path)

    def _folder_of(self, path: Path) -> Path:
        folders = map(path_of, self.workspace.folders)
        known = next((folder for folder in folders if path.is_relative_to(folder)), None)
        return known or self._folder_on_disk(path)

    def _folder_on_disk(self, path: Path) -> Path:
        """The project that a file belongs to as the disk says; looked for once, not at every keystroke."""
        from ml_lsp.workspace import workspace_folder

        if path not in self._folders_on_disk:
            self._folders_on_disk[path] = workspace_folder(path)
        return self._folders_on_disk[path]

    def _interpreter_wishes(self, path: Path) -> Wishes:
        from ml_lsp.workspace import Wishes

        said = self.session.configuration.wishes(path)
        configured = self.session.configuration.settings(path).python
        consent = said.get("trustWorkspaceInterpreter") is True
        return Wishes(setting=said.get("interpreter") or None, configured=configured, consent=consent)

    def _more_is_known(self, folder: Path) -> None:
        """More is known about a folder: what is open in it is reviewed again, where that can change anything."""
        for snapshot in self.session.open_snapshots():
            if snapshot.path.is_relative_to(folder) and self.session.last(snapshot.uri):
                self.spawn(self._review_again(snapshot))

    async def _review_again(self, snapshot: Snapshot) -> None:
        """Review a document of which more is known; an editor that asks is told to ask if that changed anything."""
        before = await self.session.current(snapshot)
        if before is None:
            return
        self.session.outdated(snapshot)
        after = await self.session.current(snapshot)
        client = self.session.client
        if client.pull and client.refresh and after is not None and after.findings != before.findings:
            self.workspace_diagnostic_refresh(None)

    def _finished(self, done: Reviewed) -> None:
        """Show what was found; once the typing pauses, look at what it means for others."""
        self._publish(self, done)
        uri = done.snapshot.uri
        if uri in self._idle:
            self._idle.pop(uri).cancel()
        loop = asyncio.get_running_loop()
        self._idle[uri] = loop.call_later(PAUSE, self._look_around, done)

    def _look_around(self, done: Reviewed) -> None:
        """Look up the outside names of a document; review again the open files that rest on it."""
        snapshot, path = done.snapshot, done.snapshot.path
        self._idle.pop(snapshot.uri, None)
        self.places.look_up(path, self.session.engine.memory.outside_names(path))
        self._tell_others(path, snapshot.text, snapshot.joined.boundaries if snapshot.joined else ())

    def _tell_others(self, path: Path, text: str | None, cells: tuple[int, ...] = ()) -> None:
        """Review again what is open and rests on a file, if the file's text is another one than was known: what
        imports it, Python on a config file and the other way round."""
        if not self.places.text_changed(path, text, cells):
            return
        importers = set(self.places.imports_of(path))
        for other in self.session.open_snapshots():
            files, everywhere = self.session.engine.memory.relied_on(other.path)
            if other.path != path and (everywhere or other.path in importers or path in files):
                self.spawn(self._review_again(other))

    def closed(self, uri: str) -> None:
        """A file is no longer open: what is on disk counts again."""
        if uri in self._idle:
            self._idle.pop(uri).cancel()
        if "places" in self.__dict__:
            self._tell_others(path_of(uri), None)

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
