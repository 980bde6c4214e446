"""A review of all files of the workspace, in slices, with progress shown when it takes long."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ml_lsp.finding import Finding
from ml_lsp.server.diagnostics import push, to_lists
from ml_lsp.server.progress import Progress
from ml_lsp.server.server import Server
from ml_lsp.server.snapshots import Part, Snapshot, path_of
from ml_lsp.text import Source

if TYPE_CHECKING:
    from ml_lsp.files import FoundFile
    from ml_lsp.opened import Opened


@dataclass(frozen=True)
class ReviewedFile:
    """A file of the workspace with what was found in it."""

    opened: Opened
    findings: tuple[Finding, ...]

    @property
    def path(self) -> Path:
        """Where the file is."""
        return self.opened.document.path

    def snapshot(self) -> Snapshot:
        """The file, which is no notebook, as it stands on disk."""
        uri, text = self.path.as_uri(), self.opened.file_text
        return Snapshot(uri, 0, text, self.opened.document.language, (Part(uri, None, Source(text)),))


async def review(server: Server) -> str:
    """Review every file of the workspace; show the findings of the closed ones; return a Markdown report.

    The report is empty if nothing was found.
    """
    reviewed = []
    progress = Progress(server, "ml-lsp: reviewing", cancellable=True)
    try:
        files = found_files(server)
        async for file in review_files(server, files):
            reviewed.append(file)
            show(server, file)
            progress.report(len(reviewed), len(files), file.path.name)
            if progress.cancelled:
                break
    finally:
        progress.end()
    return _markdown(server, reviewed)


def found_files(server: Server) -> list[FoundFile]:
    """The files of the workspace that are reviewed: not excluded, not ignored by git."""
    from ml_lsp.files import FoundFile, find_files

    found = find_files(map(str, folders(server)), lambda settings: settings)
    return [file for file in found if isinstance(file, FoundFile)]


def folders(server: Server) -> list[Path]:
    """The folders of the workspace; empty if a single file was opened without one."""
    named = [*server.workspace.folders] or [uri for uri in [server.workspace.root_uri] if uri]
    return [path_of(uri) for uri in named]


async def review_files(server: Server, files: Iterable[FoundFile]) -> AsyncIterator[ReviewedFile]:
    """Review files as they are in the editor, else on disk; everything else gets a turn after each slice."""
    session = server.session
    for file in files:
        opened = _opened(server, file.path)
        if opened is None:
            continue
        document = opened.document
        rules = session.configuration.rules(document.path)
        steps = session.engine.steps(document, rules, session.around(document.path))
        while True:
            await asyncio.sleep(0)
            try:
                next(steps)
            except StopIteration as end:
                yield ReviewedFile(opened, end.value)
                break
        if not session.is_open(document.path.as_uri()):
            session.engine.memory.forget(document.path)


def _opened(server: Server, path: Path) -> Opened | None:
    """A file as it stands in the editor, else on disk; None for one that is not text."""
    from ml_lsp.opened import Opened, opened
    from ml_lsp.textfile import Unreadable, read_text

    snapshot = server.session.snapshot(path.as_uri())
    if snapshot is not None:
        return Opened(snapshot.text, snapshot.reviewable(), snapshot.joined)
    try:
        return opened(path, read_text(path).text)
    except Unreadable:
        return None


def show(server: Server, file: ReviewedFile) -> None:
    """Show the findings of a file that is not open; those of open ones are shown with their versions."""
    uri = file.path.as_uri()
    if file.opened.joined is not None or server.session.is_open(uri):
        return
    snapshot = file.snapshot()
    [diagnostics] = to_lists(server, snapshot, file.findings)
    if diagnostics or uri in server.session.shown:
        push(server, uri, None, diagnostics)


def _markdown(server: Server, files: list[ReviewedFile]) -> str:
    from ml_lsp.report import render
    from ml_lsp.report.results import Report, Reviewed, counted_once

    paths = {file.path for file in files}
    telling = tuple(
        Reviewed(_shown_path(server, file.path), file.opened.shown_text, found, (), file.opened.cells)
        for file in files
        if (found := counted_once(file.findings, paths))
    )
    rules = {rule.id: rule for file in files for rule in server.session.configuration.known_rules(file.path)}
    return render(Report(telling, rules, len(files)), "markdown") if telling else ""


def _shown_path(server: Server, path: Path) -> str:
    roots = [root for root in folders(server) if path.is_relative_to(root)]
    return (path.relative_to(roots[0]) if roots else path).as_posix()
