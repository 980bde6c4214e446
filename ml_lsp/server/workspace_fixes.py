"""All safe fixes of the workspace as one edit, which the editor shows before it is made."""

from __future__ import annotations

from ml_lsp.server.convert import Json, to_changes, to_edits, to_workspace_edit, versions
from ml_lsp.server.fix_all import FixAll, fix_edits, fixes_of
from ml_lsp.server.progress import Progress
from ml_lsp.server.server import Server
from ml_lsp.server.workspace import ReviewedFile, found_files, review_files
from ml_lsp.text import Edit, Source


async def workspace_fixes(server: Server) -> Json | None:
    """The edit that makes every safe fix in the files of the workspace, those that are open and those that are not.

    Left out is what a review leaves out: what .gitignore or the settings ignore. The edit is empty if there is
    nothing to fix, and None if the person took the progress bar away.
    """
    changes: dict[str, list[Json]] = {}
    known: dict[str, int | None] = {}
    progress = Progress(server, "ml-lsp: looking for fixes", cancellable=True)
    try:
        files = found_files(server)
        done = 0
        async for file in review_files(server, files):
            done += 1
            progress.report(done, len(files), file.path.name)
            if progress.cancelled:
                return None
            if any(finding.fix and finding.fix.safe for finding in file.findings):
                changes |= _changes(server, file, known)
    finally:
        progress.end()
    return to_workspace_edit(changes, known, server.session.client)


def _changes(server: Server, file: ReviewedFile, known: dict[str, int | None]) -> dict[str, list[Json]]:
    """The edits of one file, by URI; `known` gets the versions they are made for."""
    session, uri = server.session, file.path.as_uri()
    snapshot = session.snapshot(uri)
    if snapshot is not None:
        known |= versions(snapshot)
        return to_changes(snapshot, fix_edits(server, snapshot, FixAll(uri)), session.encoding) or {}
    known[uri] = None
    edits = _edits_on_disk(server, file)
    return {uri: to_edits(Source(file.opened.file_text), edits, session.encoding)} if edits else {}


def _edits_on_disk(server: Server, file: ReviewedFile) -> list[Edit]:
    """The edits of a closed file's text; of a notebook, of its JSON: its cells have no addresses."""
    from ml_lsp.fixing import difference
    from ml_lsp.opened import rewritten
    from ml_lsp.textfile import Unwritable

    fixes = fixes_of(server, file.opened.document, FixAll(file.path.as_uri()))
    try:
        return list(difference(file.opened.file_text, rewritten(file.opened, fixes)))
    except Unwritable:
        return []
