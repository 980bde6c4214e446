"""Results of reviews kept between runs, by content: what has not changed is not looked at again."""

from __future__ import annotations

import json
import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from ml_lsp.catalogue import Rule, rules_folder
from ml_lsp.finding import Finding, Fix, Related, Rewrite, Severity, Tag, Tier
from ml_lsp.review import Document, Surroundings
from ml_lsp.store import code_stamp, digest
from ml_lsp.text import Edit, Span
from ml_lsp.workspace import Workspace

log = logging.getLogger(__name__)


def engine_stamp() -> str:
    """What changes whenever this program does: its version, and the state of its files."""
    return code_stamp([*Path(__file__).parent.rglob("*.py"), *rules_folder().rglob("*.yaml")])


def rules_stamp(rules: Sequence[Rule]) -> str:
    """What changes whenever one of the rules does: which run, how severe, and the text of a team's own."""
    said = ((rule.id, rule.severity, rule.match, rule.message, rule.fix, rule.libraries) for rule in rules)
    return digest(*map(repr, said)).hex()


def key_of(document: Document, surroundings: Surroundings, *stamps: str) -> bytes:
    """The key of a document's results: all that they depend on."""
    known = json.dumps(dict(surroundings.versions), sort_keys=True)
    notebook = document.notebook
    cells = repr((document.cells, notebook and (notebook.cells, notebook.metadata)))
    return digest(*stamps, known, str(document.path), document.language, cells, document.text)


def to_json(
    findings: Sequence[Finding], files: Sequence[Path], asked_importers: bool, workspace: Workspace
) -> str:
    """Findings as text, with the state of the other files that they rest on."""
    rests = [[str(path) for path in files], workspace.state_of(files)] if files else None
    everything = workspace.all_state if asked_importers else None
    found = [_finding_values(finding) for finding in findings]
    return json.dumps([found, rests, everything], separators=(",", ":"))


def still_valid(text: str | None, workspace: Workspace) -> tuple[Finding, ...] | None:
    """The findings that `to_json` made a text of; None if it made none of it, or what they rest on changed."""
    if text is None:
        return None
    try:
        found, rests, everything = json.loads(text)
        if everything is not None and everything != workspace.all_state:
            return None
        if rests is not None and workspace.state_of(map(Path, rests[0])) != rests[1]:
            return None
        return tuple(_finding(values) for values in found)
    except (TypeError, KeyError, IndexError, ValueError):
        log.debug("a kept result is unreadable; made anew")
        return None


def _finding_values(finding: Finding) -> list[Any]:
    fix = finding.fix
    return [
        finding.rule,
        finding.severity.value,
        finding.tier.value,
        finding.span,
        finding.message,
        fix
        and [
            fix.title,
            fix.edits,
            fix.safe,
            fix.rewrites and [_rewrite_values(item) for item in fix.rewrites],
        ],
        [[item.span, item.message, item.path and str(item.path)] for item in finding.related],
        [tag.value for tag in finding.tags],
        finding.counted_in and str(finding.counted_in),
    ]


def _rewrite_values(rewrite: Rewrite) -> list[Any]:
    return [rewrite.verb, rewrite.span, rewrite.argument]


def _finding(values: list[Any]) -> Finding:
    rule, severity, tier, span, message, fix, related, tags, counted_in = values
    return Finding(
        rule,
        Severity(severity),
        Tier(tier),
        Span(*span),
        message,
        _fix(*fix) if fix else None,
        tuple(Related(Span(*span), text, Path(path) if path else None) for span, text, path in related),
        tuple(Tag(tag) for tag in tags),
        Path(counted_in) if counted_in else None,
    )


def _fix(title: str, edits: list[Any], safe: bool, rewrites: list[Any]) -> Fix:
    return Fix(
        title,
        tuple(Edit(Span(*span), new) for span, new in edits),
        safe,
        tuple(Rewrite(verb, Span(*span), argument) for verb, span, argument in rewrites),
    )
