"""SARIF 2.1.0, which GitHub code scanning and other dashboards read.

Format: https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from ml_lsp import __version__
from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding, Fix, Related, Severity
from ml_lsp.page import rule_page
from ml_lsp.report.machine import as_json
from ml_lsp.report.results import Report, Reviewed, fingerprints, related_file, shown_path
from ml_lsp.text import Span

_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_HOME = "https://github.com/ml-lsp/ml-lsp"
_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.WARNING: "warning",
    Severity.INFO: "note",
    Severity.HINT: "note",
}


def render_sarif(report: Report) -> str:
    """One run: the rules that found something, with their pages, all findings, silenced ones suppressed."""
    named = {item.rule for file in report.files for item in (*file.findings, *file.silenced)}
    rules = [report.rules[id] for id in sorted(named & report.rules.keys())]
    index = {rule.id: at for at, rule in enumerate(rules)}
    driver = {
        "name": "ml-lsp",
        "informationUri": _HOME,
        "semanticVersion": __version__,
        "rules": [_rule(rule) for rule in rules],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "utf16CodeUnits",
        "originalUriBaseIds": {"SRCROOT": {"description": {"text": "The folder in which ml-lsp ran."}}},
        "results": [result for file in report.files for result in _results(file, index)],
    }
    return as_json({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]})


def _rule(rule: Rule) -> dict[str, Any]:
    page = rule_page(rule)
    name = "".join(word.capitalize() for word in re.split(r"[/-]", rule.id))
    return {
        "id": rule.id,
        "name": name,
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": " ".join(rule.why.split("\n\n")[0].split())},
        "help": {"text": page, "markdown": page},
        "helpUri": rule.page_url,
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "properties": {
            "tags": [rule.area, rule.family, f"tier-{rule.tier.value}"],
            "precision": "very-high" if rule.tier.value == "default" else "medium",
        },
    }


def _results(file: Reviewed, index: dict[str, int]) -> Iterator[dict[str, Any]]:
    everything = sorted((*file.findings, *file.silenced), key=lambda finding: finding.span)
    silenced = {id(finding) for finding in file.silenced}
    for finding, name in zip(everything, fingerprints(file, everything), strict=True):
        result = _result(file, finding, index)
        result["partialFingerprints"] = {"primaryLocationLineHash": name}
        if id(finding) in silenced:
            result["suppressions"] = [{"kind": "inSource", "justification": "an ml-lsp: ignore comment"}]
        yield result


def _result(file: Reviewed, finding: Finding, index: dict[str, int]) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "level": _LEVELS[finding.severity],
        "message": {"text": finding.message},
        "locations": [_location(file, finding.span)],
    }
    if finding.rule in index:
        result["ruleIndex"] = index[finding.rule]
    if finding.related:
        result["relatedLocations"] = [
            _related(file, related, number) for number, related in enumerate(finding.related, 1)
        ]
    if finding.fix and not file.cells:  # a cell's text is not the file's
        result["fixes"] = [_fix(file, finding.fix)]
    return result


def _artifact(path: str) -> dict[str, str]:
    pure = PurePath(path)
    if pure.is_absolute():
        return {"uri": pure.as_uri()}
    return {"uri": quote(pure.as_posix(), safe="/", errors="surrogateescape"), "uriBaseId": "SRCROOT"}


def _region(file: Reviewed, span: Span) -> dict[str, int]:
    place = file.place(span, "utf-16")
    return {
        "startLine": place.line,
        "startColumn": place.column,
        "endLine": place.end_line,
        "endColumn": place.end_column,
    }


def _location(file: Reviewed, span: Span) -> dict[str, Any]:
    cell = file.place(span).cell
    physical: dict[str, Any] = {"artifactLocation": _artifact(file.path)}
    if cell is None:
        physical["region"] = {**_region(file, span), "snippet": {"text": file.text[span.start : span.end]}}
        return {"physicalLocation": physical}
    name = f"cell {cell + 1}, line {file.place(span).line}"
    return {"physicalLocation": physical, "logicalLocations": [{"name": name, "kind": "member"}]}


def _related(file: Reviewed, related: Related, number: int) -> dict[str, Any]:
    there = related_file(file, related)
    if there is not None:
        location = _location(there, related.span)
    else:
        path = shown_path(related.path) if related.path is not None else file.path
        location = {"physicalLocation": {"artifactLocation": _artifact(path)}}
    return {"id": number, **location, "message": {"text": related.message}}


def _fix(file: Reviewed, fix: Fix) -> dict[str, Any]:
    replacements = [
        {"deletedRegion": _region(file, edit.span), "insertedContent": {"text": edit.new}}
        for edit in fix.edits
    ]
    title = fix.title if fix.safe else f"{fix.title} (review it: it may change what the code does)"
    change = {"artifactLocation": _artifact(file.path), "replacements": replacements}
    return {"description": {"text": title}, "artifactChanges": [change]}
