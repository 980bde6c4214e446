"""The rule page on hovering a finding, or a rule named in an ignore comment."""

from __future__ import annotations

import re

from lsprotocol import types as lsp

from ml_lsp.finding import Finding
from ml_lsp.server.convert import to_range
from ml_lsp.server.protocol import Ready
from ml_lsp.server.server import Server
from ml_lsp.server.snapshots import Part
from ml_lsp.text import Position, Span

_RULE = re.compile(r"[a-z0-9-]+/[a-z0-9-]+")


async def hover(server: Server, params: lsp.HoverParams) -> Ready | None:
    """The pages of the rules at a place of a document; None if there are none."""
    from ml_lsp.page import finding_page, rule_page

    session = server.session
    uri = params.text_document.uri
    snapshot = session.snapshot(uri)
    part = snapshot.part(uri) if snapshot else None
    if snapshot is None or part is None:
        return None
    offset = part.source.offset(Position(params.position.line, params.position.character), session.encoding)
    rules = {rule.id: rule for rule in session.configuration.known_rules(snapshot.path)}
    named = _rule_in_comment(part, offset)
    if named is not None:
        rule, place = rules.get(named[0]), named[1]
        return _shown(server, part, place, [rule_page(rule)]) if rule else None
    reviewed = await session.current(snapshot)
    at = snapshot.span(uri, Span(offset, offset))
    findings = [found for found in reviewed.findings if found.span.touches(at)] if reviewed else []
    first: dict[str, Finding] = {}
    for found in findings:
        first.setdefault(found.rule, found)
    pages = [finding_page(rules[rule], found) for rule, found in first.items() if rule in rules]
    return _shown(server, part, snapshot.place(findings[0].span)[1], pages) if pages else None


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


def _shown(server: Server, part: Part, place: Span, pages: list[str]) -> Ready:
    kind = lsp.MarkupKind.Markdown if server.session.client.markdown else lsp.MarkupKind.PlainText
    return Ready(
        {
            "contents": {"kind": kind.value, "value": "\n\n---\n\n".join(pages)},
            "range": to_range(part.source, place, server.session.encoding),
        }
    )
