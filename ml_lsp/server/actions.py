"""Quick fixes, ignores and fix-all as code actions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from lsprotocol import types as lsp

from ml_lsp.server.convert import SOURCE, Json, from_range, to_workspace_edit, versions
from ml_lsp.server.diagnostics import with_fixes
from ml_lsp.server.fix_all import FixAll, fix_edit
from ml_lsp.server.ignore import Ignore, ignore_edit
from ml_lsp.server.protocol import Ready
from ml_lsp.server.server import Server
from ml_lsp.server.session import Reviewed
from ml_lsp.server.snapshots import Snapshot
from ml_lsp.server.structural import Structural, structural_edit

QUICKFIX = "quickfix"
FIX_ALL = "source.fixAll.ml-lsp"
FIX_NOTEBOOK = "notebook.source.fixAll.ml-lsp"
KINDS = (QUICKFIX, FIX_ALL, FIX_NOTEBOOK)


async def actions(server: Server, params: lsp.CodeActionParams) -> Ready:
    """The actions for a range of a document, of the kinds that are asked for."""
    snapshot = server.session.snapshot(params.text_document.uri)
    if snapshot is None:
        return Ready([])
    only = params.context.only
    found: list[Json] = []
    if _asks(only, QUICKFIX):
        found += await _quick_fixes(server, snapshot, params)
    asked = [kind for kind in (FIX_ALL, FIX_NOTEBOOK) if _asks(only, kind)]
    if asked and (reviewed := await server.session.current(snapshot)) is not None:
        found += _fix_alls(server, reviewed, params, asked)
    return Ready(found)


def _asks(only: Sequence[Any] | None, kind: str) -> bool:
    """Whether an editor wants actions of a kind: of all kinds, of this one, or of one that holds it."""
    return only is None or any(kind == asked or kind.startswith(f"{asked}.") for asked in map(_text, only))


def _text(kind: Any) -> str:
    return str(getattr(kind, "value", kind))


async def _quick_fixes(server: Server, snapshot: Snapshot, params: lsp.CodeActionParams) -> list[Json]:
    diagnostics = _told(server, snapshot, params)
    if diagnostics is None:
        reviewed = await server.session.current(snapshot)
        diagnostics = _touching(server, reviewed, params) if reviewed else []
    offered = (_fix(server, snapshot, found) for found in diagnostics if "fix" in found.get("data", {}))
    fixes = [fix for fix in offered if fix is not None]
    rules = dict.fromkeys(found["code"] for found in diagnostics)
    last = server.session.last(snapshot.uri)
    of_rules = [
        _fix_rule(snapshot, rule) for rule in rules if server.session.client.resolve and _many(last, rule)
    ]
    ignores = [
        action
        for found in diagnostics
        for action in _ignores(server, snapshot, params.text_document.uri, found)
    ]
    return [*fixes, *of_rules, *_once(ignores)]


def _told(server: Server, snapshot: Snapshot, params: lsp.CodeActionParams) -> list[Json] | None:
    """The diagnostics that the editor sends back, if they are of this very version; else None."""
    ours = [found for found in params.context.diagnostics if found.source == SOURCE]
    fresh = all(
        isinstance(found.data, dict) and found.data.get("version") == snapshot.version for found in ours
    )
    return [server.protocol.to_json(found) for found in ours] if ours and fresh else None


def _touching(server: Server, reviewed: Reviewed, params: lsp.CodeActionParams) -> list[Json]:
    """The diagnostics of a review at the range that an editor asks about."""
    snapshot, uri = reviewed.snapshot, params.text_document.uri
    part = snapshot.part(uri)
    if part is None:
        return []
    asked = snapshot.span(uri, from_range(part.source, params.range, server.session.encoding))
    findings = [finding for finding in reviewed.findings if finding.span.touches(asked)]
    return with_fixes(server, snapshot, findings)[part.uri]


def _fix(server: Server, snapshot: Snapshot, found: Json) -> Json | None:
    fix = found["data"]["fix"]
    action: Json = {
        "title": fix["title"],
        "kind": QUICKFIX,
        "diagnostics": [found],
        "isPreferred": bool(fix["safe"]),
    }
    if "structural" in fix:
        wanted = Structural(version=snapshot.version, **fix["structural"])
        if server.session.client.resolve:
            return {**action, "data": wanted.to_json()}
        edit = structural_edit(server, wanted)
    else:
        edit = to_workspace_edit(fix["changes"], versions(snapshot), server.session.client)
    return {**action, "edit": edit} if edit else None


def _many(last: Reviewed | None, rule: str) -> bool:
    fixable = [finding for finding in last.findings if finding.rule == rule and finding.fix] if last else []
    return len(fixable) > 1


def _fix_rule(snapshot: Snapshot, rule: str) -> Json:
    title = f"Fix all `{rule}` in this {_noun(snapshot)}"
    return {"title": title, "kind": QUICKFIX, "data": FixAll(snapshot.uri, rule=rule).to_json()}


def _noun(snapshot: Snapshot) -> str:
    return "notebook" if snapshot.is_notebook else "file"


def _ignores(server: Server, snapshot: Snapshot, uri: str, found: Json) -> Iterator[Json]:
    """Actions that write a comment which silences a finding; JSON has no comments."""
    if snapshot.language == "json":
        return
    rule = found["code"]
    titles = {
        f"Ignore `{rule}` on this line": False,
        f"Ignore `{rule}` in this {_noun(snapshot)}": True,
    }
    for title, everywhere in titles.items():
        wanted = Ignore(uri, snapshot.version, rule, found["range"], everywhere)
        action: Json = {"title": title, "kind": QUICKFIX, "diagnostics": [found]}
        if server.session.client.resolve:
            yield {**action, "data": wanted.to_json()}
        elif edit := ignore_edit(server, wanted):
            yield {**action, "edit": edit}


def _once(actions: Iterable[Json]) -> list[Json]:
    """Of actions that do the same, the first."""
    seen: dict[str, Json] = {}
    for action in actions:
        place = (
            ""
            if action.get("data", {}).get("ignore", {}).get("everywhere")
            else action["diagnostics"][0]["range"]
        )
        seen.setdefault(f"{action['title']} {place}", action)
    return list(seen.values())


def _fix_alls(
    server: Server, reviewed: Reviewed, params: lsp.CodeActionParams, asked: Iterable[str]
) -> Iterator[Json]:
    """The fix-all action, if there is anything that it would fix."""
    snapshot = reviewed.snapshot
    if not any(finding.fix and finding.fix.safe for finding in reviewed.findings):
        return
    for kind in asked:
        if kind == FIX_NOTEBOOK and not snapshot.is_notebook:
            continue
        whole = kind == FIX_NOTEBOOK or not snapshot.is_notebook
        wanted = FixAll(snapshot.uri, cell="" if whole else params.text_document.uri)
        where = "" if whole else " in this cell"
        action: Json = {
            "title": f"ml-lsp: Fix all that is safe to fix{where}",
            "kind": _named(kind, params.context.only),
        }
        if server.session.client.resolve:
            yield {**action, "data": wanted.to_json()}
        elif edit := fix_edit(server, wanted):
            yield {**action, "edit": edit}


def _named(kind: str, only: Sequence[Any] | None) -> str:
    """The kind to answer with: the one asked for where that is fix-all in general.

    Emacs' eglot 1.9 drops actions whose kind is not equal to the one it asked for.
    """
    general = kind.removesuffix(".ml-lsp")
    return general if only and general in map(_text, only) else kind


def resolve(server: Server, action: lsp.CodeAction) -> Ready:
    """The action with its edit, made for the documents as they stand now."""
    resolved: Json = server.protocol.to_json(action)
    if fix := FixAll.from_json(action.data):
        edit = fix_edit(server, fix)
    elif structural := Structural.from_json(action.data):
        edit = structural_edit(server, structural)
    elif ignore := Ignore.from_json(action.data):
        edit = ignore_edit(server, ignore)
    else:
        edit = None
    return Ready({**resolved, "edit": edit} if edit else resolved)
