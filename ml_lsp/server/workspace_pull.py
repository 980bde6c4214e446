"""Diagnostics of all files of the workspace for an editor that asks; only where a person opted in."""

from __future__ import annotations

from collections.abc import AsyncIterator

from lsprotocol import types as lsp

from ml_lsp.server.convert import Json
from ml_lsp.server.diagnostics import to_lists, to_report
from ml_lsp.server.protocol import Ready
from ml_lsp.server.server import Server
from ml_lsp.server.workspace import ReviewedFile, found_files, review_files

BATCH = 20
"""How many reports are sent together to an editor that takes them piece by piece."""


async def report(server: Server, params: lsp.WorkspaceDiagnosticParams) -> Ready:
    """Report every closed file, those as `unchanged` whose diagnostics the editor shows already.

    An editor asks again as soon as it has its answer, so when nothing has changed since the last one, the
    answer waits until something does.
    """
    await server.session.touched.wait()
    server.session.touched.clear()
    previous = {item.uri: item.value for item in params.previous_result_ids}
    reports: list[Json] = []
    async for item in _reports(server, previous):
        reports.append(item)
        if params.partial_result_token is not None and len(reports) >= BATCH:
            _send(server, params.partial_result_token, reports)
            reports = []
    return Ready({"items": reports})


def _send(server: Server, token: lsp.ProgressToken, reports: list[Json]) -> None:
    server.protocol.notify_ready(lsp.PROGRESS, {"token": token, "value": {"items": reports}})


async def _reports(server: Server, previous: dict[str, str]) -> AsyncIterator[Json]:
    """The reports of all files that are closed, and empty ones for those that are gone."""
    files = [file for file in found_files(server) if not server.session.is_open(file.path.as_uri())]
    async for file in review_files(server, files):
        if file.opened.joined is None:
            yield _one(server, file, previous.get(file.path.as_uri()))
    there = {file.path.as_uri() for file in files}
    for uri in previous.keys() - there:
        yield {"uri": uri, "version": None, **to_report([], None).value}


def _one(server: Server, file: ReviewedFile, previous: str | None) -> Json:
    snapshot = file.snapshot()
    [diagnostics] = to_lists(server, snapshot, file.findings)
    return {"uri": snapshot.uri, "version": None, **to_report(diagnostics, previous).value}


def watched() -> list[lsp.FileSystemWatcher]:
    """The files whose changes on disk matter to such an editor."""
    from ml_lsp.files import LANGUAGES

    return [lsp.FileSystemWatcher(f"**/*{suffix}") for suffix in LANGUAGES]


def is_wanted(options: object) -> bool:
    """Whether the person opted in: `workspaceDiagnostics` in the initialization options."""
    return isinstance(options, dict) and options.get("workspaceDiagnostics") is True
