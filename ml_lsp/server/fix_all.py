"""All fixes of a document at once: repeated until nothing is left, as one edit of the editor's text."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

from ml_lsp.finding import Finding
from ml_lsp.server.convert import Json, to_changes, to_workspace_edit, versions
from ml_lsp.server.server import Server
from ml_lsp.server.snapshots import Snapshot
from ml_lsp.text import Edit

if TYPE_CHECKING:
    from ml_lsp.review import Document


@dataclass(frozen=True)
class FixAll:
    """What is to be fixed: everything safe in a file or notebook; in one `cell` of it alone if named.

    With a `rule`, everything that rule reports, safe or not: the person asked for it by name.
    """

    uri: str
    cell: str = ""
    rule: str = ""

    def to_json(self) -> Json:
        """As the `data` of an action."""
        return {"fixAll": asdict(self)}

    @staticmethod
    def from_json(data: object) -> FixAll | None:
        """What the `data` of an action says; None if it is not of this kind."""
        said = data.get("fixAll") if isinstance(data, dict) else None
        if not isinstance(said, dict) or not isinstance(said.get("uri"), str):
            return None
        return FixAll(said["uri"], str(said.get("cell", "")), str(said.get("rule", "")))


def fix_edit(server: Server, wanted: FixAll) -> Json | None:
    """The workspace edit that fixes a document as it stands; None if there is nothing to do."""
    session = server.session
    snapshot = session.snapshot(wanted.uri)
    if snapshot is None:
        return None
    edits = fix_edits(server, snapshot, wanted)
    changes = to_changes(snapshot, edits, session.encoding) if edits else None
    return to_workspace_edit(changes, versions(snapshot), session.client) if changes else None


def fix_edits(server: Server, snapshot: Snapshot, wanted: FixAll) -> Sequence[Edit]:
    """The edits of a snapshot's text that make all wanted fixes; none if the cell that is meant has gone."""
    cell = snapshot.cell_number(wanted.cell)
    if wanted.cell and cell is None:
        return ()
    return fixes_of(server, snapshot.reviewable(), wanted, cell)


def fixes_of(server: Server, document: Document, wanted: FixAll, cell: int | None = None) -> Sequence[Edit]:
    """The edits of a document, or of one cell of it (0-based), that make all wanted fixes."""
    from ml_lsp.fixing import fix_all

    session = server.session
    rules = session.configuration.rules(document.path)

    def found(document: Document) -> Sequence[Finding]:
        findings = session.engine.now(document, rules, session.around(document.path))
        return [finding for finding in findings if _is_wanted(finding, wanted, document, cell)]

    return fix_all(document, found, unsafe=bool(wanted.rule)).edits


def _is_wanted(finding: Finding, wanted: FixAll, document: Document, cell: int | None) -> bool:
    if wanted.rule and finding.rule != wanted.rule:
        return False
    if cell is None or finding.fix is None:
        return True
    start, end = list(pairwise((*document.cells, len(document.text) + 1)))[cell]
    return all(start <= edit.span.start and edit.span.end < end for edit in finding.fix.edits)
