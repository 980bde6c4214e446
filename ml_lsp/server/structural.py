"""Quick fixes that change the structure of code: worked out on libcst when one is chosen."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields

from ml_lsp.finding import Finding
from ml_lsp.server.convert import Json, to_changes, to_workspace_edit, versions
from ml_lsp.server.server import Server


@dataclass(frozen=True)
class Structural:
    """A finding whose fix is to be worked out: its `rule` and offset in a version of a file or notebook."""

    uri: str
    version: int
    rule: str
    start: int

    def to_json(self) -> Json:
        """As the `data` of an action."""
        return {"structural": asdict(self)}

    @staticmethod
    def from_json(data: object) -> Structural | None:
        """What the `data` of an action says; None if it is not of this kind."""
        said = data.get("structural") if isinstance(data, dict) else None
        if not isinstance(said, dict) or said.keys() != {field.name for field in fields(Structural)}:
            return None
        return Structural(**said)


def structural_edit(server: Server, wanted: Structural) -> Json | None:
    """The workspace edit of the fix; None if the document has changed since it was offered."""
    from ml_lsp.rewriting import CannotRewrite, worked_out

    session = server.session
    snapshot = session.snapshot(wanted.uri)
    last = session.last(snapshot.uri) if snapshot else None
    if snapshot is None or last is None or last.snapshot.version != snapshot.version:
        return None
    finding = next((found for found in last.findings if _is(found, wanted)), None)
    if finding is None or finding.fix is None or snapshot.version != wanted.version:
        return None
    try:
        pieces = session.engine.memory.split_of(snapshot.path)
        fix = worked_out(snapshot.text, finding.fix, snapshot.reviewable().cells, pieces)
    except CannotRewrite:
        return None
    changes = to_changes(snapshot, fix.edits, session.encoding)
    return to_workspace_edit(changes, versions(snapshot), session.client) if changes else None


def _is(finding: Finding, wanted: Structural) -> bool:
    return finding.rule == wanted.rule and finding.span.start == wanted.start
