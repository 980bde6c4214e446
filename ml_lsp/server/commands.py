"""What an editor can ask the server to do by name."""

from __future__ import annotations

import platform
import sys
from typing import TYPE_CHECKING, Any

from lsprotocol import types as lsp

from ml_lsp import __version__
from ml_lsp.server import workspace
from ml_lsp.server.fix_all import FixAll, fix_edit
from ml_lsp.server.protocol import Ready
from ml_lsp.server.server import Server
from ml_lsp.server.snapshots import path_of
from ml_lsp.server.workspace_fixes import workspace_fixes

if TYPE_CHECKING:
    from ml_lsp.catalogue import Rule


def wire(server: Server) -> None:
    """Register the commands."""

    @server.command("ml-lsp.explainRule")
    def explain_rule(rule: str) -> str | None:
        return _explain(server, rule)

    @server.command("ml-lsp.rules")
    def rules() -> Ready:
        return Ready(_rules(server))

    @server.command("ml-lsp.fixAll")
    async def fix_all(uri: str) -> bool:
        return await _fix_all(server, uri)

    @server.command("ml-lsp.workspaceFixes")
    async def fixes() -> Ready:
        return Ready(await workspace_fixes(server))

    @server.command("ml-lsp.reviewWorkspace")
    async def review_workspace() -> str:
        return await workspace.review(server)

    @server.command("ml-lsp.debugInformation")
    def debug_information() -> Ready:
        return Ready(_debug_information(server))


def _explain(server: Server, name: str) -> str | None:
    """The page of a rule as Markdown; None if there is no such rule."""
    from ml_lsp.page import rule_page

    known = _known(server)
    return rule_page(known[name]) if name in known else None


def _rules(server: Server) -> list[dict[str, str]]:
    """All rules that there are for the folders of the workspace, by id."""
    known = sorted(_known(server).items())
    return [{"id": name, "title": rule.title, "severity": rule.severity.value} for name, rule in known]


def _known(server: Server) -> dict[str, Rule]:
    configuration = server.session.configuration
    return {rule.id: rule for place in _places(server) for rule in configuration.known_rules(place)}


def _places(server: Server) -> list[Any]:
    """A place in each folder of the workspace, for the settings that hold there."""
    folders = [path_of(uri) / "any.py" for uri in server.workspace.folders]
    return folders or [path_of(server.workspace.root_uri or "file:///") / "any.py"]


async def _fix_all(server: Server, uri: str) -> bool:
    """Make all safe fixes in an open document; return whether the editor made the edit."""
    edit = fix_edit(server, FixAll(server.session.owner(uri)))
    if edit is None or not server.session.client.apply_edit:
        return False
    change = server.protocol.from_json(edit, lsp.WorkspaceEdit)
    answer = await server.workspace_apply_edit_async(lsp.ApplyWorkspaceEditParams(change, "ml-lsp: fix all"))
    return answer.applied


def _debug_information(server: Server) -> dict[str, Any]:
    """What one needs to know to repeat what somebody else sees; no text of theirs."""
    session = server.session
    documents = []
    for snapshot in session.open_snapshots():
        last = session.last(snapshot.uri)
        settings = session.configuration.settings(snapshot.path)
        documents.append(
            {
                "uri": snapshot.uri,
                "version": snapshot.version,
                "language": snapshot.language,
                "lines": snapshot.text.count("\n") + 1,
                "reviewedVersion": last.snapshot.version if last else None,
                "findings": len(last.findings) if last else None,
                "settingsFile": str(settings.file) if settings.file else None,
                "rules": len(session.configuration.rules(snapshot.path)),
            }
        )
    return {
        "version": __version__,
        "python": sys.version,
        "executable": sys.executable,
        "platform": platform.platform(),
        "client": session.client.name,
        "encoding": session.encoding,
        "diagnostics": "pull" if session.client.pull else "push",
        "rules": len(session.engine.rules),
        "documents": documents,
    }
