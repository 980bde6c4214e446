"""Actions that silence a finding; the place for the comment is looked for when the action is chosen."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, fields

from lsprotocol import types as lsp

from ml_lsp.finding import Finding, Severity, Tier
from ml_lsp.server.convert import Json, from_range, to_changes, to_workspace_edit, versions
from ml_lsp.server.server import Server
from ml_lsp.server.snapshots import Snapshot
from ml_lsp.text import Edit


@dataclass(frozen=True)
class Ignore:
    """A finding to be silenced: its `rule` and LSP `range` in a version of a document, or `everywhere`."""

    uri: str
    version: int
    rule: str
    range: Json
    everywhere: bool

    def to_json(self) -> Json:
        """As the `data` of an action."""
        return {"ignore": asdict(self)}

    @staticmethod
    def from_json(data: object) -> Ignore | None:
        """What the `data` of an action says; None if it is not of this kind."""
        said = data.get("ignore") if isinstance(data, dict) else None
        if not isinstance(said, dict) or said.keys() != {field.name for field in fields(Ignore)}:
            return None
        return Ignore(**said)


def ignore_edit(server: Server, wanted: Ignore) -> Json | None:
    """The workspace edit that silences a finding; None if the document has changed or takes no comment."""
    session = server.session
    snapshot = session.snapshot(wanted.uri)
    part = snapshot.part(wanted.uri) if snapshot else None
    if snapshot is None or part is None or snapshot.version != wanted.version:
        return None
    place = server.protocol.from_json(wanted.range, lsp.Range)
    span = snapshot.span(part.uri, from_range(part.source, place, session.encoding))
    finding = Finding(wanted.rule, Severity.HINT, Tier.DEFAULT, span, "")
    for edit in _edits(snapshot, finding, wanted.everywhere):
        if changes := to_changes(snapshot, [edit], session.encoding):
            return to_workspace_edit(changes, versions(snapshot), session.client)
    return None


def _edits(snapshot: Snapshot, finding: Finding, everywhere: bool) -> Iterator[Edit]:
    """The edits that silence a finding, the best first."""
    from ml_lsp import ignores

    text, language = snapshot.text, snapshot.language
    if everywhere:
        edit = ignores.ignore_file_edit(text, finding, language)
    else:
        edit = ignores.ignore_edit(text, finding, language, snapshot.reviewable().cells)
    if edit is not None:
        yield edit
    if snapshot.is_notebook and not everywhere:
        yield ignores.ignore_edit_above(text, finding)
