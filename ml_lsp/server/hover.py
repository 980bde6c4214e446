"""The rule page on hovering a finding, or a rule named in an ignore comment."""

from __future__ import annotations

import re

from lsprotocol import types as lsp

from ml_lsp.server.convert import to_range
from ml_lsp.server.protocol import Ready
from ml_lsp.server.server import Server
from ml_lsp.server.snapshots import Part, Snapshot
from ml_lsp.text import Position, Span

_RULE = re.compile(r"[a-z0-9-]+/[a-z0-9-]+")


async def hover(server: Server, params: lsp.HoverParams) -> Ready | None:
    """The pages of the rules at a place of a document; None if there are none."""
    session = server.session
    uri = params.text_document.uri
    snapshot = session.snapshot(uri)
    part = snapshot.part(uri) if snapshot else None
    if snapshot is None or part is None:
        return None
    offset = part.source.offset(Position(params.position.line, params.position.character), session.encoding)
    named = _rule_in_comment(part, offset)
    if named is not None:
        return _pages(server, snapshot, part, [named])
    reviewed = await session.current(snapshot)
    at = snapshot.span(uri, Span(offset, offset))
    findings = [found for found in reviewed.findings if found.span.touches(at)] if reviewed else []
    return _pages(server, snapshot, part, [(found.rule, snapshot.place(found.span)[1]) for found in findings])


def _rule_in_comment(part: Part, offset: int) -> tuple[str, Span] | None:
    """The rule id at `offset`, if it stands in a comment of ours."""
    line = part.source.line_span(part.source.line_of(offset))
    text = part.source.text[line.start : line.end]
    mark = text.find("ml-lsp:")
    if mark < 0:
        return None
    for found in _RULE.finditer(text, mark):
        span = Span(*found.span()).shift(line.start)
        if span.start <= offset <= span.end:
            return found.group(), span
    return None


def _pages(server: Server, snapshot: Snapshot, part: Part, places: list[tuple[str, Span]]) -> Ready | None:
    from ml_lsp.page import rule_page

    rules = {rule.id: rule for rule in server.session.configuration.known_rules(snapshot.path)}
    pages = [rule_page(rules[name]) for name in dict.fromkeys(name for name, _ in places) if name in rules]
    if not pages:
        return None
    kind = lsp.MarkupKind.Markdown if server.session.client.markdown else lsp.MarkupKind.PlainText
    return Ready(
        {
            "contents": {"kind": kind.value, "value": "\n\n---\n\n".join(pages)},
            "range": to_range(part.source, places[0][1], server.session.encoding),
        }
    )
