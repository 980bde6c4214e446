"""Work-done progress: a bar in the editor for work that takes long, never waited for."""

from __future__ import annotations

import logging
import time
from typing import TYPE_CHECKING
from uuid import uuid4

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException

if TYPE_CHECKING:
    from ml_lsp.server.server import Server

log = logging.getLogger(__name__)

UNNOTICED = 1.0
"""Seconds of work after which a bar is shown."""
PAUSE = 0.1
"""Seconds between two reports."""


class Progress:
    """A progress bar that appears only when the work is long, in an editor that shows such bars.

    The work goes on whatever the editor does: it may be slow to make the bar, refuse to, or take it away. A
    bar that is `cancellable` has a button for it; whoever does the work looks at `cancelled`.
    """

    def __init__(self, server: Server, title: str, *, cancellable: bool) -> None:
        self._server = server
        self._begin = lsp.WorkDoneProgressBegin(title, cancellable=cancellable, percentage=0)
        self._token: str | None = None
        self._next = time.perf_counter() + UNNOTICED
        self._is_shown = self._is_over = False

    @property
    def cancelled(self) -> bool:
        """Whether the person has had enough."""
        future = self._server.work_done_progress.tokens.get(self._token) if self._token else None
        return bool(self._begin.cancellable and future is not None and future.cancelled())

    def report(self, done: int, of: int, message: str) -> None:
        """Show that `done` of so many steps are done, at most ten times a second."""
        now = time.perf_counter()
        if now < self._next or not self._server.session.client.progress:
            return
        self._next = now + PAUSE
        if self._token is None:
            self._token = str(uuid4())
            self._server.spawn(self._show(self._token))
        elif self._is_shown:
            said = lsp.WorkDoneProgressReport(message=message, percentage=100 * done // max(of, 1))
            self._server.work_done_progress.report(self._token, said)

    def end(self) -> None:
        """Take the bar away."""
        self._is_over = True
        if self._is_shown and self._token is not None:
            self._is_shown = False
            self._server.work_done_progress.end(self._token, lsp.WorkDoneProgressEnd())
            self._server.work_done_progress.tokens.pop(self._token, None)

    async def _show(self, token: str) -> None:
        bars = self._server.work_done_progress
        try:
            await bars.create_async(token)
        except JsonRpcException as error:
            log.info("the editor shows no progress: %s", error.message)
            return
        if self._is_over:
            bars.tokens.pop(token, None)
        else:
            self._is_shown = True
            bars.begin(token, self._begin)
