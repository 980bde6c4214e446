"""What came of trying the examples of rule pages, as people and programs read it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import unified_diff
from typing import Any, NamedTuple

from ml_lsp.examples import Failure, Trial
from ml_lsp.page_form import Start, starts
from ml_lsp.report.excerpt import excerpt, visible
from ml_lsp.report.machine import as_json
from ml_lsp.report.results import Reviewed, shown_path
from ml_lsp.report.text import Paint, counted, painter, source_lines
from ml_lsp.text import Source, Span

_RED, _GREEN, _BOLD, _BLUE = "1;31", "32", "1", "34"
_MOST_DIFF_LINES = 40


class _Seen(NamedTuple):
    """Where a failure shows: a 1-based line of the page, and the text with the range in it that is shown."""

    line: int
    text: str = ""
    span: Span | None = None


def render_trials(trials: Sequence[Trial], *, colour: bool) -> str:
    """A line for each page, below it what is wrong with it, and a summary."""
    paint = painter(colour)
    blocks = ["\n".join(_block(trial, paint)) for trial in trials]
    return "\n".join([*blocks, _summary(trials, paint)]) + "\n"


def _block(trial: Trial, paint: Paint) -> Iterator[str]:
    path = visible(shown_path(trial.path))
    if trial.problem:
        yield f"{paint('FAIL', _RED)} {paint(path, _BOLD)}"
        yield f"  {visible(_said(trial))}\n"
        return
    number = counted(len(trial.rule.examples) if trial.rule else 0, "example")
    if trial.passed:
        yield f"{paint('pass', _GREEN)} {path} ({number})"
        return
    yield f"{paint('FAIL', _RED)} {paint(path, _BOLD)} ({number})"
    text = _page_text(trial)
    found = starts(text)
    for failure in trial.failures:
        yield from _failure(trial, failure, _seen(trial, failure, text, found), paint)
        yield ""


def _said(trial: Trial) -> str:
    """What is wrong with a page, its path as the rest of the report shows it."""
    return shown_path(trial.path) + trial.problem.removeprefix(str(trial.path))


def _failure(trial: Trial, failure: Failure, seen: _Seen, paint: Paint) -> Iterator[str]:
    name = f" example `{failure.example.name}`:" if failure.example else ""
    place = f"{visible(shown_path(trial.path))}:{seen.line}:"
    yield f"  {paint(place, _BOLD)}{visible(name)} {visible(failure.message)}"
    if seen.span is not None:
        page = Reviewed(place, seen.text)
        for line in source_lines(list(excerpt(page, seen.span)), paint, _RED):
            yield f"  {line}"
    if failure.before != failure.after:
        yield from (f"  {line}" for line in _difference(failure, paint))


def _difference(failure: Failure, paint: Paint) -> Iterator[str]:
    """What the page shows in red, what the fix gives in green."""
    before, after = failure.before.splitlines(), failure.after.splitlines()
    shown = "the fix as shown" if failure.in_fixed else "the example"
    lines = list(unified_diff(before, after, shown, "what the fix gives", n=2, lineterm=""))
    for line in lines[:_MOST_DIFF_LINES]:
        colour = {"-": _RED, "+": _GREEN, "@": _BLUE}.get(line[0])
        yield paint(visible(line), colour) if colour else visible(line)
    if before == after:
        yield "they differ in line ends only"
    elif len(lines) > _MOST_DIFF_LINES:
        yield f"... {counted(len(lines) - _MOST_DIFF_LINES, 'more line')}"


def _page_text(trial: Trial) -> str:
    return trial.path.read_text(encoding="utf-8-sig")


def _seen(trial: Trial, failure: Failure, text: str, found: Mapping[tuple[str, ...], Start]) -> _Seen:
    """Where a failure shows: in the page itself, or where that has its code in another form, in the code."""
    if failure.example is None or trial.rule is None:
        return _Seen(found["examples",].key + 1)
    example = ("examples", str(trial.rule.examples.index(failure.example)))
    if failure.span is None:
        return _Seen(found[(*example, "fixed") if failure.in_fixed else example].key + 1)
    first = found.get((*example, "code"), found[example])
    code, page = Source(failure.example.text), Source(text)
    place = code.position(failure.span.start, "utf-32")
    if first.text is None or first.text + place.line >= len(page.line_starts):
        return _Seen(first.key + 1, failure.example.text, failure.span)
    line = first.text + place.line
    indent = len(page.line_text(line)) - len(code.line_text(place.line))
    at = page.line_starts[line] + indent + place.column
    until = min(failure.span.end, code.line_span(place.line).end)
    return _Seen(line + 1, text, Span(at, at + max(0, until - failure.span.start)))


def _summary(trials: Sequence[Trial], paint: Paint) -> str:
    failed = sum(1 for trial in trials if not trial.passed)
    examples = sum(len(trial.rule.examples) for trial in trials if trial.rule)
    said = f"{counted(len(trials), 'page')}, {counted(examples, 'example')}"
    return f"{said}: {paint(f'{failed} failed', _RED) if failed else paint('all pass', _GREEN)}."


def render_trials_json(trials: Sequence[Trial]) -> str:
    """An array with one object a page, lines 1-based in the page."""
    return as_json([_object(trial) for trial in trials])


def _object(trial: Trial) -> dict[str, Any]:
    found = [_failure_object(trial, failure) for failure in trial.failures]
    if trial.problem:
        said = trial.problem.removeprefix(str(trial.path)).removeprefix(":")
        line, colon, message = said.partition(": ")
        known = bool(colon) and line.isdigit()
        found = [
            {
                "line": int(line) if known else None,
                "example": None,
                "message": (message if known else said).strip(),
            }
        ]
    return {
        "path": shown_path(trial.path),
        "rule": trial.rule.id if trial.rule else None,
        "examples": len(trial.rule.examples) if trial.rule else 0,
        "passed": trial.passed,
        "failures": found,
    }


def _failure_object(trial: Trial, failure: Failure) -> dict[str, Any]:
    text = _page_text(trial)
    said: dict[str, Any] = {
        "line": _seen(trial, failure, text, starts(text)).line,
        "example": failure.example.name if failure.example else None,
        "message": failure.message,
    }
    if failure.before != failure.after:
        said |= {"shown": failure.before, "given": failure.after}
    return said
