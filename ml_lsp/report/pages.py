"""The review as a document to read or send: Markdown, and one self-contained HTML page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from itertools import groupby

from ml_lsp import __version__
from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding, Severity
from ml_lsp.report.excerpt import ShownLine, excerpt, visible
from ml_lsp.report.results import Report, Reviewed
from ml_lsp.report.style import STYLE
from ml_lsp.report.text import counted

_ORDER = {severity: number for number, severity in enumerate(Severity)}


def _worst_first(report: Report) -> list[tuple[Severity, list[tuple[Reviewed, Finding]]]]:
    found = sorted(report.findings(), key=lambda pair: _ORDER[pair[1].severity])
    return [(severity, list(pairs)) for severity, pairs in groupby(found, key=lambda pair: pair[1].severity)]


def _rules_found(report: Report) -> list[tuple[Rule, int]]:
    """The rules that found something, worst first, with how often."""
    found = [(report.rules[id], number) for id, number in report.by_rule.items() if id in report.rules]
    return sorted(found, key=lambda pair: (_ORDER[pair[0].severity], -pair[1], pair[0].id))


def _tally(report: Report) -> str:
    parts = [f"{report.by_severity[severity]} {severity.value}" for severity in Severity]
    return f"{counted(report.total, 'finding')} in {counted(report.checked, 'file')}: {', '.join(parts)}."


def render_markdown(report: Report) -> str:
    """Headings by severity, each finding with its source, then why each rule matters."""
    return "\n\n".join(_markdown(report)) + "\n"


def _markdown(report: Report) -> Iterator[str]:
    yield "# ML code review"
    yield _tally(report) if report.total else f"Nothing found in {counted(report.checked, 'file')}."
    if report.total:
        rows = [
            f"| `{rule.id}` | {rule.severity.value} | {number} |" for rule, number in _rules_found(report)
        ]
        yield "\n".join(["| Rule | Severity | Findings |", "|---|---|---|", *rows])
    for severity, pairs in _worst_first(report):
        yield f"## {severity.value.capitalize()}"
        for file, finding in pairs:
            yield from _markdown_finding(file, finding)
    if report.total:
        yield "## Why it matters"
    for rule, _ in _rules_found(report):
        yield f"### {rule.title}"
        yield f"[`{rule.id}`]({rule.page_url})"
        yield re.sub(r"(?m)^#", "####", rule.why.strip())


def _markdown_finding(file: Reviewed, finding: Finding) -> Iterator[str]:
    place = f"{visible(file.path)}:{file.place(finding.span)}".replace("`", "'")
    yield f"### `{place}` {finding.rule}"
    yield _inert(finding.message)
    lines = [_numbered(line) for line in excerpt(file, finding.span)]
    if lines:
        code = "\n".join(lines)
        fence = "`" * max(3, 1 + max((len(ticks) for ticks in re.findall("`+", code)), default=0))
        suffix = file.path.rpartition(".")[2]
        language = {"json": "", "yml": "yaml", "yaml": "yaml", "toml": "toml"}.get(suffix, "python")
        yield f"{fence}{language}\n{code}\n{fence}"
    if finding.fix:
        yield f"Fix ({'safe' if finding.fix.safe else 'for review'}): {_inert(finding.fix.title)}"


def _numbered(line: ShownLine) -> str:
    return f"{' ' if line.marked is None else '>'} {line.number:>4} | {line.text}".rstrip()


def _inert(text: str) -> str:
    """Message text in Markdown: code spans stay, HTML and links made from reviewed code do not."""
    pieces = re.split(r"(`[^`]*`)", visible(text))
    return "".join(
        piece if piece.startswith("`") else re.sub(r"([<>\[\]*_\\!#|])", r"\\\1", piece) for piece in pieces
    )


def render_html(report: Report) -> str:
    """One page without scripts or outside files, readable in light and dark."""
    body = "\n".join(_html(report))
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>ML code review</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n{body}\n</main>\n"
        f"<footer>ml-lsp {__version__}</footer>\n</body>\n</html>\n"
    )


def _html(report: Report) -> Iterator[str]:
    yield "<h1>ML code review</h1>"
    yield '<ul class="tally">'
    yield f"<li><b>{report.checked:,}</b> files reviewed</li>"
    for severity in Severity:
        yield f'<li class="{severity.value}"><b>{report.by_severity[severity]:,}</b> {severity.value}</li>'
    yield "</ul>"
    if not report.total:
        yield "<p>Nothing found.</p>"
        return
    yield "<h2>Findings</h2>"
    for path, pairs in groupby(report.findings(), key=lambda pair: pair[0].path):
        yield f"<section>\n<h3>{escape(visible(path))}</h3>"
        for file, finding in pairs:
            yield _html_finding(file, finding)
        yield "</section>"
    yield "<h2>Why it matters</h2>"
    for rule, number in _rules_found(report):
        yield _html_rule(rule, number)


def _html_finding(file: Reviewed, finding: Finding) -> str:
    place = file.place(finding.span)
    code = "\n".join(_html_line(line) for line in excerpt(file, finding.span))
    fix = ""
    if finding.fix:
        word = "safe" if finding.fix.safe else "for review"
        fix = f'<p class="fix">Fix ({word}): {_spans(finding.fix.title)}</p>'
    related = "".join(f'<p class="note">{_spans(item.message)}</p>' for item in finding.related)
    return (
        f'<article class="{finding.severity.value}">\n<p class="head"><span class="badge">'
        f'{finding.severity.value}</span> <a href="#{escape(finding.rule)}">{escape(finding.rule)}</a>'
        f' <span class="place">{place}</span></p>\n<p>{_spans(finding.message)}</p>\n'
        f"<pre>{code}</pre>\n{related}{fix}</article>"
    )


def _html_line(line: ShownLine) -> str:
    number = f'<span class="number">{line.number:>4}</span> '
    if line.marked is None:
        return number + escape(line.text)
    return f"{number}{escape(line.before)}<mark>{escape(line.marked)}</mark>{escape(line.after)}"


def _html_rule(rule: Rule, number: int) -> str:
    return (
        f'<details id="{escape(rule.id)}">\n<summary><span class="badge {rule.severity.value}">'
        f"{rule.severity.value}</span> {escape(rule.title)} <code>{escape(rule.id)}</code>"
        f" <small>{counted(number, 'finding')}</small></summary>\n{_from_markdown(rule.why)}\n"
        f'<p><a href="{escape(rule.page_url)}">The whole rule page</a></p>\n</details>'
    )


def _spans(text: str) -> str:
    """A message as HTML, its code spans kept."""
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", escape(visible(text)))


def _from_markdown(text: str) -> str:
    from markdown_it import MarkdownIt

    rendered: str = MarkdownIt("commonmark", {"html": False}).enable("table").render(text)
    return rendered
