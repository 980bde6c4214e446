"""Findings as people and programs read them: text, JSON, SARIF, annotations, Markdown and HTML reports."""

from __future__ import annotations

from ml_lsp.report.results import Report

FORMATS = ("text", "json", "sarif", "github", "gitlab", "markdown", "html")


def render(report: Report, form: str, *, colour: bool = False) -> str:
    """The report in one of `FORMATS`; `colour` writes terminal colours into the text form.

    Raises:
        ValueError: if there is no such format.
    """
    if form == "text":
        from ml_lsp.report.text import render_text

        return render_text(report, colour=colour)
    if form == "json":
        from ml_lsp.report.machine import render_json

        return render_json(report)
    if form == "sarif":
        from ml_lsp.report.sarif import render_sarif

        return render_sarif(report)
    if form in ("github", "gitlab"):
        from ml_lsp.report.machine import render_github, render_gitlab

        return render_github(report) if form == "github" else render_gitlab(report)
    if form in ("markdown", "html"):
        from ml_lsp.report.pages import render_html, render_markdown

        return render_markdown(report) if form == "markdown" else render_html(report)
    raise ValueError(f"no report format {form!r}; there are {', '.join(FORMATS)}")
