"""ml-lsp inside python-lsp-server, for editors that run one server for each language (JupyterLab).

Found by python-lsp-server through the entry point `pylsp`, and off until `pylsp.plugins.ml_lsp.enabled` is
set: who runs both servers would see everything twice.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

from pylsp import hookimpl

from ml_lsp.batch import Plan, Reviewer
from ml_lsp.files import FoundFile
from ml_lsp.finding import Finding, Severity
from ml_lsp.opened import Opened
from ml_lsp.review import Document
from ml_lsp.settings import read_settings
from ml_lsp.text import Source

Json = dict[str, Any]

_SEVERITIES = {Severity.CRITICAL: 1, Severity.WARNING: 2, Severity.INFO: 3, Severity.HINT: 4}


@hookimpl  # type: ignore[untyped-decorator]
def pylsp_settings() -> Json:
    """The settings of this plug-in before anyone sets them."""
    return {"plugins": {"ml_lsp": {"enabled": False}}}


@hookimpl  # type: ignore[untyped-decorator]
def pylsp_lint(document: Any) -> list[Json]:
    """The diagnostics of a document; columns in UTF-16 code units, as python-lsp-server speaks."""
    path, text = Path(document.path), document.source
    # JupyterLab names a notebook and sends its cells as one Python text.
    python = Opened(text, Document(path, text, "python"))
    outcome = _reviewer().review_text(python, FoundFile(path, read_settings(path), named=True))
    source = Source(text)
    return [_diagnostic(source, finding) for finding in outcome.reviewed.findings]


@cache
def _reviewer() -> Reviewer:
    return Reviewer(Plan())


def _diagnostic(source: Source, finding: Finding) -> Json:
    start, end = (source.position(offset, "utf-16") for offset in finding.span)
    return {
        "source": "ml-lsp",
        "code": finding.rule,
        "message": finding.message,
        "severity": _SEVERITIES[finding.severity],
        "range": {
            "start": {"line": start.line, "character": start.column},
            "end": {"line": end.line, "character": end.column},
        },
    }
