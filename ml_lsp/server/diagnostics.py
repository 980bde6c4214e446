"""Findings to the editor: pulled by those that ask, else pushed; never both, and cells always pushed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from lsprotocol import types as lsp
from pygls.exceptions import JsonRpcException

from ml_lsp.finding import Finding
from ml_lsp.semantics.config_file import language_of_config
from ml_lsp.semantics.files import read_text
from ml_lsp.server.client import Client
from ml_lsp.server.convert import Converter, Json
from ml_lsp.server.protocol import Ready
from ml_lsp.server.server import Server
from ml_lsp.server.session import Reviewed, Session, Shown
from ml_lsp.server.snapshots import Snapshot
from ml_lsp.text import Source, Span

if TYPE_CHECKING:
    from ml_lsp.semantics.project import Project

IDENTIFIER = "ml-lsp"


def publish(server: Server, reviewed: Reviewed) -> None:
    """Push what was found, unless the editor asks for it itself."""
    snapshot = reviewed.snapshot
    if server.session.client.pull and not snapshot.is_notebook:
        return
    for part, diagnostics in zip(snapshot.parts, to_lists(server, snapshot, reviewed.findings), strict=True):
        push(server, part.uri, part.version, diagnostics)


def push(server: Server, uri: str, version: int | None, diagnostics: list[Json]) -> None:
    """Show diagnostics for a document, unless exactly these are shown for this version.

    A new version is always answered, even if nothing else is new: editors tie diagnostics to versions.
    """
    shown = server.session.shown.get(uri)
    if shown and shown.version == version and _timeless(shown.diagnostics) == _timeless(diagnostics):
        return
    server.session.shown[uri] = Shown(version, diagnostics)
    params: Json = {"uri": uri, "diagnostics": diagnostics}
    if version is not None:
        params["version"] = version
    server.protocol.notify_ready(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS, params)


def clear(server: Server, uris: Iterable[str]) -> None:
    """Show nothing any more for documents that were closed, or became something that is not reviewed."""
    for uri in uris:
        shown = server.session.shown.pop(uri, None)
        if shown is not None and shown.diagnostics:
            params: Json = {"uri": uri, "diagnostics": []}
            server.protocol.notify_ready(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS, params)


def to_lists(server: Server, snapshot: Snapshot, findings: Iterable[Finding]) -> list[list[Json]]:
    """The diagnostics of every part of a snapshot, in order."""
    by_uri = _converter(server, snapshot, server.session.client).diagnostics(findings)
    return [by_uri[part.uri] for part in snapshot.parts]


def with_fixes(server: Server, snapshot: Snapshot, findings: Iterable[Finding]) -> dict[str, list[Json]]:
    """The diagnostics of a snapshot by URI, with their fixes even for an editor that does not keep them."""
    return _converter(server, snapshot, replace(server.session.client, data=True)).diagnostics(findings)


def _converter(server: Server, snapshot: Snapshot, client: Client) -> Converter:
    session = server.session

    def place_in(path: Path, span: Span) -> tuple[str, Source, Span] | None:
        return _place_in(session, snapshot, path, span)

    def page(rule: str) -> str:
        return session.configuration.page_url(rule, snapshot.path)

    return Converter(snapshot, client, session.encoding, page, place_in)


def _place_in(
    session: Session, snapshot: Snapshot, path: Path, span: Span
) -> tuple[str, Source, Span] | None:
    """A place in another file that a finding of a snapshot names: where the editor shows it now.

    The cells of a notebook that is not open have no addresses: it is named as a whole.
    """
    uri = path.as_uri() if path.is_absolute() else snapshot.uri
    opened = session.snapshot(uri)
    if opened is not None:
        there = _place_now(session.around(snapshot.path).project, path, span, opened.text)
        if there is None:
            return None
        part, inside = opened.place(there)
        return part.uri, part.source, inside
    if path.suffix == ".ipynb":
        return uri, Source(""), Span(0, 0)
    try:  # as the project reads it: line ends kept, no byte order mark
        return uri, Source(read_text(path)), span
    except OSError:
        return None


def _place_now(project: Project | None, path: Path, span: Span, text: str) -> Span | None:
    """Where a place in the text that the project has of an open file stands in the file's own `text`: it hears of
    edits once the typing pauses, and of a config file it has the last text that made sense."""
    known = _known_text(project, path) if project is not None else None
    if known is None or known == text:
        return span
    from ml_lsp.placement import still_standing

    return still_standing(known, text)(span)


def _known_text(project: Project, path: Path) -> str | None:
    """The text that the project has of an open config file or notebook."""
    if path.suffix == ".ipynb":
        return project.text_at(path)
    config = project.config_at(path) if language_of_config(path) else None
    return config.text if config is not None else None


async def report(server: Server, params: lsp.DocumentDiagnosticParams) -> Ready:
    """Answer an editor that asks for the diagnostics of a document.

    Raises:
        JsonRpcException: ServerCancelled, to be asked again, if a newer version came in between.
    """
    snapshot = server.session.snapshot(params.text_document.uri)
    if snapshot is None or snapshot.is_notebook:
        return to_report([], params.previous_result_id)
    reviewed = await _reviewed(server, snapshot)
    [diagnostics] = to_lists(server, reviewed.snapshot, reviewed.findings)
    return to_report(diagnostics, params.previous_result_id)


async def _reviewed(server: Server, snapshot: Snapshot) -> Reviewed:
    session = server.session
    last = session.last(snapshot.uri)
    if last and session.configuration.on_save_only(snapshot.path):
        return last
    reviewed = await session.current(snapshot)
    if reviewed is None:
        raise JsonRpcException(
            "a newer version of the document came",
            lsp.LSPErrorCodes.ServerCancelled.value,
            {"retriggerRequest": True},
        )
    return reviewed


def to_report(diagnostics: list[Json], previous: str | None) -> Ready:
    """A full report, or `unchanged` where the editor shows these diagnostics already."""
    ident = result_id(diagnostics)
    if ident == previous:
        return Ready({"kind": "unchanged", "resultId": ident})
    return Ready({"kind": "full", "resultId": ident, "items": diagnostics})


def result_id(diagnostics: list[Json]) -> str:
    """A short text that is equal for equal diagnostics, of whatever version of the document."""
    return hashlib.blake2b(json.dumps(_timeless(diagnostics)).encode(), digest_size=12).hexdigest()


def _timeless(diagnostics: list[Json]) -> list[Json]:
    """Diagnostics without the version they were made for; of a cell, that of the notebook."""
    return [{**found, "data": {**found.get("data", {}), "version": None}} for found in diagnostics]
