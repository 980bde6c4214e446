"""The `check` command: files found, reviewed, fixed, reported; what it returns is the exit code."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TextIO

from ml_lsp import batch, store
from ml_lsp.batch import Outcome, Plan
from ml_lsp.catalogue import Rule
from ml_lsp.files import FoundFile, Skipped, find_files
from ml_lsp.finding import Tier
from ml_lsp.opened import opened
from ml_lsp.page_form import CatalogueError
from ml_lsp.report import render
from ml_lsp.report.results import Report, shown_path
from ml_lsp.report.terminal import say, send, shows_colours, write
from ml_lsp.report.text import counted
from ml_lsp.rulebook import known_rules, page_files
from ml_lsp.settings import Settings, SettingsError, read_settings, unknown_selectors
from ml_lsp.textfile import Unreadable, decoded

CLEAN, FINDINGS, FAILED = 0, 1, 2
_PATIENCE = 1.0  # seconds before a progress bar appears


class UsageError(ValueError):
    """The command line asks for what cannot be done."""


@dataclass(frozen=True)
class CheckOptions:
    """What the command line of `check` says. `jobs` 0: all cores; no `output_file`: standard output."""

    paths: tuple[str, ...] = (".",)
    fix: bool = False
    diff: bool = False
    unsafe_fixes: bool = False
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    profile: str = ""
    format: str = "text"
    output_file: str = ""
    statistics: bool = False
    no_cache: bool = False
    jobs: int = 0
    stdin_filename: str = "stdin.py"
    force_exclude: bool = False

    def tuned(self, settings: Settings) -> Settings:
        """Settings with the options of the command line over them."""
        return replace(
            settings,
            profile=Tier(self.profile) if self.profile else settings.profile,
            select=self.select or settings.select,
            ignore=(*settings.ignore, *self.ignore),
        )

    def plan(self) -> Plan:
        """What to do with each file."""
        # Kept results would take no time, and the statistics are there to say what a rule costs.
        kept = None if self.no_cache or self.statistics else store.default_file()
        return Plan(self.fix or self.diff, self.unsafe_fixes, self.fix and not self.diff, kept)


def check(options: CheckOptions) -> int:
    """Review what the options name and report it: 0 nothing found, 1 findings, 2 could not run."""
    try:
        return _check_stdin(options) if "-" in options.paths else _check_files(options)
    except (UsageError, SettingsError, CatalogueError) as error:
        say(f"error: {error}")
    except OSError as error:
        if isinstance(error, BrokenPipeError):
            raise
        say(f"error: {f'{error.filename}: ' if error.filename else ''}{error.strerror or error}")
    return FAILED


def _check_files(options: CheckOptions) -> int:
    found = list(find_files(options.paths, options.tuned, force_exclude=options.force_exclude))
    files = [item for item in found if isinstance(item, FoundFile)]
    skipped = [item for item in found if isinstance(item, Skipped)]
    for item in skipped:
        say(f"{'error' if item.named else 'skipped'}: {item.path}: {item.reason}")
    rules = _rules(files, options)
    reviewed = batch.review_files(files, options.plan(), options.jobs or batch.cores())
    outcomes = tuple(_watched(reviewed, len(files)))
    return _conclude(outcomes, rules, options, failed=any(item.named for item in skipped))


def _check_stdin(options: CheckOptions) -> int:
    """Review standard input. With `fix`, the fixed text goes to standard output and the report to stderr."""
    if options.paths != ("-",):
        raise UsageError("`-` reads standard input and stands alone")
    path = Path(options.stdin_filename)
    found = FoundFile(path, options.tuned(read_settings(path)), named=True)
    rules = _rules([found], options)
    try:
        on_stdin = decoded(path, sys.stdin.buffer.read())
        file = opened(path, on_stdin.text)
    except Unreadable as error:
        raise UsageError(f"{path}: {error}") from error
    outcome = batch.Reviewer(replace(options.plan(), store=None, write=False)).review_text(file, found)
    if not options.fix or options.diff:
        return _conclude([outcome], rules, options, failed=False)
    fixed = file.file_text if outcome.fixed_text is None else outcome.fixed_text
    send(on_stdin.bom + fixed.encode(on_stdin.encoding), sys.stdout)
    return _conclude([outcome], rules, options, failed=False, out=sys.stderr)


def _rules(files: Iterable[FoundFile], options: CheckOptions) -> dict[str, Rule]:
    """All rules there are for the files, by id; a settings file that names others is told of.

    Raises:
        CatalogueError: if a rule page is wrong.
        UsageError: if the command line names no rule.
    """
    known = {repr(item.settings): item.settings for item in files} or {"": Settings()}
    rules: dict[str, Rule] = {}
    for settings in known.values():
        rules |= {rule.id: rule for rule in known_rules(settings)}
    everything = tuple(rules.values())
    said = (*options.select, *options.ignore)
    for unknown in unknown_selectors(said, everything):
        raise UsageError(unknown)
    for settings in known.values():
        named = {*settings.select, *settings.ignore, *settings.severity} - set(said)
        for unknown in unknown_selectors(sorted(named), everything):
            say(f"warning: {settings.file}: {unknown}")
        for folder in settings.rules:
            if not page_files(folder):
                say(
                    f"warning: {settings.file}: no rule page <family>/<rule-name>.yaml in {shown_path(folder)}"
                )
    return rules


def _watched(outcomes: Iterator[Outcome], total: int) -> Iterator[Outcome]:
    """The outcomes, with a progress bar on stderr when a person waits long."""
    started = time.monotonic()
    for done, outcome in enumerate(outcomes, 1):
        yield outcome
        if sys.stderr.isatty() and time.monotonic() - started > _PATIENCE:
            yield from _with_bar(outcomes, done, total)


def _with_bar(outcomes: Iterator[Outcome], done: int, total: int) -> Iterator[Outcome]:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("Reviewing"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=total, completed=done)
        for outcome in outcomes:
            yield outcome
            progress.advance(task)


def _conclude(
    outcomes: Sequence[Outcome],
    rules: dict[str, Rule],
    options: CheckOptions,
    *,
    failed: bool,
    out: TextIO | None = None,
) -> int:
    """Report the outcomes on `out` (standard output) and return the exit code."""
    out = out or sys.stdout
    for outcome in outcomes:
        _complain(outcome)
    failed = failed or any(outcome.problem and (outcome.named or outcome.broken) for outcome in outcomes)
    report = _report(outcomes, rules)
    if options.diff:
        _write("".join(outcome.diff for outcome in outcomes), options, out)
        would = sum(len(outcome.applied) for outcome in outcomes)
        say(f"Would fix {counted(would, 'finding')}." if would else "Nothing to fix.")
        return FAILED if failed else FINDINGS if would else CLEAN
    if options.statistics:
        _write(_statistics(report, outcomes), options, out)
    else:
        _write(render(report, options.format, colour=_is_colourful(options, out)), options, out)
    return FAILED if failed else FINDINGS if report.total else CLEAN


def _complain(outcome: Outcome) -> None:
    path = outcome.reviewed.path
    if outcome.problem:
        say(f"{'error' if outcome.named or outcome.broken else 'skipped'}: {path}: {outcome.problem}")
    for finding in outcome.refused:
        place = outcome.reviewed.place(finding.span)
        say(f"not fixed: {path}:{place}: {finding.rule}: the code would no longer parse")


def _report(outcomes: Sequence[Outcome], rules: dict[str, Rule]) -> Report:
    telling = (item.reviewed for item in outcomes if item.reviewed.findings or item.reviewed.silenced)
    unread = sum(1 for item in outcomes if item.problem and not item.reviewed.findings)
    fixed = sum(len(item.applied) for item in outcomes)
    return Report(tuple(telling), rules, len(outcomes) - unread, fixed)


def _statistics(report: Report, outcomes: Sequence[Outcome]) -> str:
    """Findings by rule, the most frequent first, and what its check took; `*` marks what can be fixed."""
    fixable = {finding.rule for _, finding in report.findings() if finding.fix}
    seconds: Counter[str] = Counter()
    for outcome in outcomes:
        seconds.update(outcome.seconds)
    ids = sorted({*report.by_rule, *seconds}, key=lambda id: (-report.by_rule[id], -seconds[id], id))
    lines = [
        f"{report.by_rule[id]:>9,} {seconds[id] * 1000:>8,.0f} {'*' if id in fixable else ' '} {id}"
        for id in ids
    ]
    total = f"{report.total:>9,} {seconds.total() * 1000:>8,.0f}   in {counted(report.checked, 'file')}"
    return "\n".join([" findings       ms   rule", *lines, total]) + "\n"


def _is_colourful(options: CheckOptions, out: TextIO) -> bool:
    return not options.output_file and options.format == "text" and shows_colours(out)


def _write(text: str, options: CheckOptions, out: TextIO) -> None:
    """Put a report where it was asked for; what an encoding cannot hold is escaped."""
    if options.output_file:
        Path(options.output_file).write_bytes(text.encode("utf-8", "backslashreplace"))
    else:
        write(text, out, as_text=options.format == "text")
