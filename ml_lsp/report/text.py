"""The report for a terminal: place, severity, rule, message, the source with a caret, the fix, a summary."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from ml_lsp.finding import Finding, Severity
from ml_lsp.report.excerpt import ShownLine, excerpt, visible, width
from ml_lsp.report.results import Report, Reviewed, related_place

_COLOURS = {Severity.CRITICAL: "1;31", Severity.WARNING: "1;33", Severity.INFO: "1;34", Severity.HINT: "1;36"}
_BOLD, _DIM, _BLUE, _GREEN = "1", "2", "34", "32"


def render_text(report: Report, *, colour: bool) -> str:
    """The findings one below the other, and a summary."""
    paint = painter(colour)
    blocks = ["\n".join(_block(file, finding, paint)) for file, finding in report.findings()]
    return "\n\n".join([*blocks, _summary(report, paint)]) + "\n"


Paint = Callable[[str, str], str]
"""Gives a text a terminal's colour code, or leaves it as it is."""


def painter(colour: bool) -> Paint:
    """What colours a text where colours are wanted."""
    return _painted if colour else _plain


def _painted(text: str, code: str) -> str:
    return f"\x1b[{code}m{text}\x1b[0m" if text else ""


def _plain(text: str, code: str) -> str:
    return text


def _block(file: Reviewed, finding: Finding, paint: Paint) -> Iterator[str]:
    severity = finding.severity
    path = paint(visible(file.path), _BOLD)
    yield f"{path}:{file.place(finding.span)}: {paint(severity.value, _COLOURS[severity])} {finding.rule}"
    yield f"  {visible(finding.message)}"
    lines = list(excerpt(file, finding.span))
    gutter = len(str(lines[-1].number)) if lines else 1
    yield from source_lines(lines, paint, _COLOURS[severity])
    for related in finding.related:
        where = related_place(file, related)
        yield f"{' ' * gutter} {paint('=', _BLUE)} note: {visible(related.message)} ({visible(where)})"
    if finding.fix:
        how = "--fix" if finding.fix.safe else "--fix --unsafe-fixes"
        hint = f"{visible(finding.fix.title)} {paint(f'({how})', _DIM)}"
        yield f"{' ' * gutter} {paint('=', _BLUE)} {paint('fix', _GREEN)}: {hint}"


def source_lines(lines: Sequence[ShownLine], paint: Paint, code: str) -> Iterator[str]:
    """Lines of source with their numbers, and carets in the colour `code` below what is marked."""
    gutter = len(str(lines[-1].number)) if lines else 1
    bar = paint("|", _BLUE)
    for line in lines:
        number = paint(f"{line.number:>{gutter}}", _BLUE)
        yield f"{number} {bar} {line.text}".rstrip()
        if line.marked is not None:
            carets = paint("^" * max(1, width(line.marked)), code)
            yield f"{' ' * gutter} {bar} {' ' * width(line.before)}{carets}"


def _summary(report: Report, paint: Paint) -> str:
    fixed = f"Fixed {counted(report.fixed, 'finding')}. " if report.fixed else ""
    files = counted(report.checked, "file")
    if not report.total:
        return f"{fixed}{paint('Nothing found', _GREEN)} in {files}."
    parts = ", ".join(
        f"{report.by_severity[severity]} {severity.value}"
        for severity in Severity
        if report.by_severity[severity]
    )
    safe = sum(1 for _, finding in report.findings() if finding.fix and finding.fix.safe)
    unsafe = sum(1 for _, finding in report.findings() if finding.fix and not finding.fix.safe)
    hints = [f"{safe} can be fixed with --fix"] if safe else []
    if unsafe:
        hints.append(f"{unsafe}{' more' if safe else ' can be fixed'} with --fix --unsafe-fixes")
    cure = f" {', '.join(hints)}." if hints else ""
    return f"{fixed}Found {paint(counted(report.total, 'finding'), _BOLD)} ({parts}) in {files}.{cure}"


def counted(number: int, thing: str) -> str:
    """`1 file`, `2 files`."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"
