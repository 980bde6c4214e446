"""Our values to LSP's, as ready JSON: findings, ranges and edits, in the columns that the editor counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from ml_lsp.finding import Finding, Fix, Severity, Tag
from ml_lsp.server.client import Client
from ml_lsp.server.snapshots import Part, Snapshot
from ml_lsp.text import Edit, Encoding, Position, Source, Span

SOURCE = "ml-lsp"
Json = dict[str, Any]

SEVERITIES = {Severity.CRITICAL: 1, Severity.WARNING: 2, Severity.INFO: 3, Severity.HINT: 4}
TAGS = {Tag.UNNECESSARY: 1, Tag.DEPRECATED: 2}


def to_range(source: Source, span: Span, encoding: Encoding) -> Json:
    """A range of a text as LSP names it."""
    start = source.position(span.start, encoding)
    end = source.position(span.end, encoding)
    return {
        "start": {"line": start.line, "character": start.column},
        "end": {"line": end.line, "character": end.column},
    }


def from_range(source: Source, place: Any, encoding: Encoding) -> Span:
    """The range of a text that an LSP range (an lsprotocol object) names; outside places are moved inside"""
    start = source.offset(Position(place.start.line, place.start.character), encoding)
    end = source.offset(Position(place.end.line, place.end.character), encoding)
    return Span(min(start, end), max(start, end))


def to_edits(source: Source, edits: Iterable[Edit], encoding: Encoding) -> list[Json]:
    """Edits of a text as LSP text edits."""
    return [{"range": to_range(source, edit.span, encoding), "newText": edit.new} for edit in edits]


def to_changes(snapshot: Snapshot, edits: Iterable[Edit], encoding: Encoding) -> dict[str, list[Json]] | None:
    """Edits of a snapshot by URI; None if a notebook's cells cannot take them."""
    by_part = snapshot.edits(edits)
    if by_part is None:
        return None
    return {part.uri: to_edits(part.source, found, encoding) for part, found in by_part}


def to_workspace_edit(
    changes: Mapping[str, Sequence[Json]], versions: Mapping[str, int | None], client: Client
) -> Json:
    """A workspace edit; with the versions it was made for where the editor checks them.

    The versions of cells are left out: VS Code counts cells of its own and refuses those of the protocol.
    """
    if not client.document_changes:
        return {"changes": dict(changes)}
    documents = [
        {"textDocument": {"uri": uri, "version": versions.get(uri)}, "edits": list(edits)}
        for uri, edits in changes.items()
    ]
    return {"documentChanges": documents}


def versions(snapshot: Snapshot) -> dict[str, int | None]:
    """The versions that edits of a snapshot are made for, by URI; None for cells."""
    return {part.uri: None if snapshot.is_notebook else part.version for part in snapshot.parts}


class Converter:
    """Findings of one snapshot to diagnostics, all against the line tables of its parts.

    `page` gives the address of a rule's page, `place_in` a place in another file (None if that cannot be read or
    the place is gone): the URI and the text that the editor shows, and the range in it.
    """

    def __init__(
        self,
        snapshot: Snapshot,
        client: Client,
        encoding: Encoding,
        page: Callable[[str], str],
        place_in: Callable[[Path, Span], tuple[str, Source, Span] | None],
    ) -> None:
        self._snapshot = snapshot
        self._client = client
        self._encoding = encoding
        self._page = page
        self._place_in = place_in

    def diagnostics(self, findings: Iterable[Finding]) -> dict[str, list[Json]]:
        """The diagnostics of every part, by URI; an empty list for a part without findings."""
        by_uri: dict[str, list[Json]] = {part.uri: [] for part in self._snapshot.parts}
        for finding in findings:
            part, span = self._snapshot.place(finding.span)
            by_uri[part.uri].append(self._diagnostic(finding, part, span))
        return by_uri

    def _diagnostic(self, finding: Finding, part: Part, span: Span) -> Json:
        client = self._client
        found: Json = {
            "range": to_range(part.source, span, self._encoding),
            "severity": SEVERITIES[finding.severity],
            "code": finding.rule,
            "source": SOURCE,
            "message": finding.message,
        }
        if client.links:
            found["codeDescription"] = {"href": self._page(finding.rule)}
        if tags := [TAGS[tag] for tag in finding.tags if TAGS[tag] in client.tags]:
            found["tags"] = tags
        if client.related and (related := self._related(finding)):
            found["relatedInformation"] = related
        if client.data:
            found["data"] = self._data(finding)
        return found

    def _related(self, finding: Finding) -> list[Json]:
        found = []
        for item in finding.related:
            place = self._elsewhere(item.path, item.span) if item.path else self._here(item.span)
            if place is not None:
                found.append({"location": place, "message": item.message})
        return found

    def _here(self, span: Span) -> Json:
        part, inside = self._snapshot.place(span)
        return {"uri": part.uri, "range": to_range(part.source, inside, self._encoding)}

    def _elsewhere(self, path: Path, span: Span) -> Json | None:
        place = self._place_in(path, span)
        if place is None:
            return None
        uri, source, there = place
        return {"uri": uri, "range": to_range(source, there, self._encoding)}

    def _data(self, finding: Finding) -> Json:
        data: Json = {"version": self._snapshot.version}
        if finding.fix and (fix := self._fix(finding, finding.fix)):
            data["fix"] = fix
        return data

    def _fix(self, finding: Finding, fix: Fix) -> Json | None:
        if fix.rewrites:
            place = {"uri": self._snapshot.uri, "rule": finding.rule, "start": finding.span.start}
            return {"title": fix.title, "safe": fix.safe, "structural": place}
        changes = to_changes(self._snapshot, fix.edits, self._encoding)
        return {"title": fix.title, "safe": fix.safe, "changes": changes} if changes else None
