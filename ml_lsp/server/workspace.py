"""A review of all files of the workspace, in slices, with progress shown when it takes long."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from uuid import uuid4

from lsprotocol import types as lsp

from ml_lsp.finding import Finding
from ml_lsp.server.diagnostics import push, to_lists
from ml_lsp.server.server import Server
from ml_lsp.server.snapshots import Part, Snapshot, path_of
from ml_lsp.text import Source

if TYPE_CHECKING:
    from ml_lsp.files import FoundFile

UNNOTICED = 1.0
"""Seconds after which progress is shown."""


@dataclass(frozen=True)
class ReviewedFile:
    """A file of the workspace with what was found in it."""

    snapshot: Snapshot
    findings: tuple[Finding, ...]


async def review(server: Server) -> str:
    """Review every file of the workspace; show the findings of the closed ones; return a Markdown report.

    The report is empty if nothing was found.
    """
    reviewed = []
    progress = _Progress(server)
    try:
        files = found_files(server)
        async for file in review_files(server, files):
            reviewed.append(file)
            await progress.report(len(reviewed), len(files), file.snapshot.path.name)
            if not server.session.is_open(file.snapshot.uri) and not file.snapshot.is_notebook:
                [diagnostics] = to_lists(server, file.snapshot, file.findings)
                if diagnostics or file.snapshot.uri in server.session.shown:
                    push(server, file.snapshot.uri, None, diagnostics)
            if progress.cancelled:
                break
    finally:
        progress.end()
    return _markdown(server, [file for file in reviewed if file.findings], len(reviewed))


def found_files(server: Server) -> list[FoundFile]:
    """The files of the workspace that are reviewed: not excluded, not ignored by git."""
    from ml_lsp.files import FoundFile, find_files

    folders = [str(path_of(uri)) for uri in server.workspace.folders]
    if not folders and server.workspace.root_uri:
        folders = [str(path_of(server.workspace.root_uri))]
    found = find_files(folders, lambda settings: settings)
    return [file for file in found if isinstance(file, FoundFile)]


async def review_files(server: Server, files: Iterable[FoundFile]) -> AsyncIterator[ReviewedFile]:
    """Review files one after the other, with a turn for everything else after each slice."""
    session = server.session
    for file in files:
        await asyncio.sleep(0)
        snapshot = session.snapshot(file.path.as_uri()) or _read(file.path)
        if snapshot is None:
            continue
        steps = session.engine.steps(snapshot.reviewable(), session.configuration.rules(snapshot.path))
        while True:
            try:
                next(steps)
            except StopIteration as end:
                yield ReviewedFile(snapshot, end.value)
                break
            await asyncio.sleep(0)


def _read(path: Path) -> Snapshot | None:
    """A file from disk; None for one that is not text."""
    from ml_lsp.files import language_of
    from ml_lsp.syntax.ipynb import NotebookError, read
    from ml_lsp.syntax.notebook import join
    from ml_lsp.textfile import Unreadable, read_text

    uri = path.as_uri()
    try:
        text = read_text(path).text
        if language_of(path) != "notebook":
            return Snapshot(uri, 0, text, language_of(path), (Part(uri, None, Source(text)),))
        cells = read(text).cells
    except (Unreadable, NotebookError):
        return None
    joined = join(cells)
    parts = tuple(Part(f"{uri}#{index}", None, Source(cells[index].source)) for index in joined.indexes)
    return Snapshot(uri, 0, joined.text, "python", parts, joined, joined.indexes)


def _markdown(server: Server, files: list[ReviewedFile], checked: int) -> str:
    if not files:
        return ""
    roots = [path_of(uri) for uri in server.workspace.folders]
    parts = [f"# Review of {checked} files"]
    for file in files:
        path = file.snapshot.path
        shown = next((path.relative_to(root) for root in roots if path.is_relative_to(root)), path)
        parts.append(
            f"## {shown.as_posix()}\n" + "\n".join(_line(file, finding) for finding in file.findings)
        )
    return "\n\n".join(parts) + "\n"


def _line(file: ReviewedFile, finding: Finding) -> str:
    part, span = file.snapshot.place(finding.span)
    place = part.source.position(span.start)
    cell = file.snapshot.cell_number(part.uri)
    where = f"line {place.line + 1}" if cell is None else f"cell {cell + 1}, line {place.line + 1}"
    return f"- **{finding.severity.value}** {where}: {finding.message} (`{finding.rule}`)"


class _Progress:
    """A progress bar in the editor that appears only when the work is long, and can be cancelled there."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._token: str | None = None
        self._started = time.perf_counter()
        self._last = 0.0

    @property
    def cancelled(self) -> bool:
        """Whether the person has had enough."""
        future = self._server.work_done_progress.tokens.get(self._token) if self._token else None
        return future is not None and future.cancelled()

    async def report(self, done: int, of: int, message: str) -> None:
        """Show how far the work is, at most ten times a second."""
        now = time.perf_counter()
        if (
            now - max(self._started + UNNOTICED, self._last + 0.1) < 0
            or not self._server.session.client.progress
        ):
            return
        self._last = now
        bar = self._server.work_done_progress
        if self._token is None:
            token = str(uuid4())
            await bar.create_async(token)
            self._token = token
            bar.begin(token, lsp.WorkDoneProgressBegin("ml-lsp: reviewing", cancellable=True, percentage=0))
        bar.report(
            self._token, lsp.WorkDoneProgressReport(message=message, percentage=100 * done // max(of, 1))
        )

    def end(self) -> None:
        """Take the bar away."""
        if self._token is not None:
            self._server.work_done_progress.end(self._token, lsp.WorkDoneProgressEnd())
            self._server.work_done_progress.tokens.pop(self._token, None)
