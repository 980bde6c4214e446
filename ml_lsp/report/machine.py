"""Reports for programs: JSON, GitHub workflow commands, GitLab code quality."""

from __future__ import annotations

import json
from typing import Any

from ml_lsp.finding import Finding, Severity
from ml_lsp.report.results import Report, Reviewed, fingerprints

_GITHUB = {
    Severity.CRITICAL: "error",
    Severity.WARNING: "warning",
    Severity.INFO: "notice",
    Severity.HINT: "notice",
}
_GITLAB = {
    Severity.CRITICAL: "critical",
    Severity.WARNING: "major",
    Severity.INFO: "minor",
    Severity.HINT: "info",
}


def as_json(value: Any) -> str:
    """A value as JSON text with a line end. Lone surrogates stay in it, to be escaped when it is encoded."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def render_json(report: Report) -> str:
    """An array with one object a finding; lines and columns 1-based, columns in characters."""
    return as_json([_object(file, finding) for file, finding in report.findings()])


def _object(file: Reviewed, finding: Finding) -> dict[str, Any]:
    place = file.place(finding.span)
    found: dict[str, Any] = {
        "path": file.path,
        "rule": finding.rule,
        "severity": finding.severity.value,
        "tier": finding.tier.value,
        "line": place.line,
        "column": place.column,
        "end_line": place.end_line,
        "end_column": place.end_column,
        "message": finding.message,
        "fix": {"title": finding.fix.title, "safe": finding.fix.safe} if finding.fix else None,
    }
    if place.cell is not None:
        found["cell"] = place.cell
    return found


def render_github(report: Report) -> str:
    """GitHub's workflow commands, which annotate a pull request.

    Format: https://docs.github.com/actions/reference/workflow-commands-for-github-actions
    """
    return "".join(_annotation(file, finding) + "\n" for file, finding in report.findings())


def _annotation(file: Reviewed, finding: Finding) -> str:
    place = file.place(finding.span)
    properties = {"file": file.path, "title": f"ml-lsp {finding.rule}"}
    if place.cell is None:  # a cell's lines are not lines of the file
        properties |= {"line": str(place.line), "endLine": str(place.end_line)}
        if place.line == place.end_line:  # columns are refused where a range has several lines
            properties |= {"col": str(place.column), "endColumn": str(place.end_column)}
    written = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{_GITHUB[finding.severity]} {written}::{_data(_with_cell(file, finding))}"


def _with_cell(file: Reviewed, finding: Finding) -> str:
    """The message, in a notebook with the place in words."""
    place = file.place(finding.span)
    if place.cell is None:
        return finding.message
    return f"Cell {place.cell + 1}, line {place.line}: {finding.message}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")


def render_gitlab(report: Report) -> str:
    """GitLab's code quality report: https://docs.gitlab.com/ci/testing/code_quality/."""
    issues = []
    for file in report.files:
        for finding, name in zip(file.findings, fingerprints(file, file.findings), strict=True):
            place = file.place(finding.span)
            lines = {"begin": place.line, "end": place.end_line} if place.cell is None else {"begin": 1}
            issues.append(
                {
                    "description": _with_cell(file, finding),
                    "check_name": finding.rule,
                    "fingerprint": name,
                    "severity": _GITLAB[finding.severity],
                    "location": {"path": file.path, "lines": lines},
                }
            )
    return as_json(issues)
