"""Many files reviewed: in this process, or on all cores where that is worth their start."""

from __future__ import annotations

import difflib
import logging
import os
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from ml_lsp import kept
from ml_lsp.catalogue import Rule
from ml_lsp.files import FoundFile
from ml_lsp.finding import Finding
from ml_lsp.fixing import Fixed, fix_all, lines_of
from ml_lsp.garbage import collect_rarely
from ml_lsp.gists import Gists
from ml_lsp.ignores import Silenced, silence
from ml_lsp.opened import Opened, opened, rewritten
from ml_lsp.report.results import Reviewed, counted_once, shown_path
from ml_lsp.review import Document, Memory, Surroundings, review_now
from ml_lsp.rulebook import known_rules
from ml_lsp.settings import rule_chooser
from ml_lsp.shelf import Shelf
from ml_lsp.store import Store
from ml_lsp.text import Source
from ml_lsp.textfile import TextFile, Unreadable, Unwritable, read_text, write_back
from ml_lsp.workspace import Workspace, workspace_folder

log = logging.getLogger(__name__)

_CHUNK = 16  # files a process takes at a time
_WORTH_A_POOL = 300_000  # bytes of source; below, starting processes costs more than it saves


@dataclass(frozen=True)
class Plan:
    """What to do with each file. `store` is where results are kept between runs; None keeps none."""

    fix: bool = False
    unsafe: bool = False
    write: bool = False
    store: Path | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of one file.

    `problem`: why it could not be reviewed or written. `broken`: that is our fault. `refused`: fixes that
    would have left text that does not parse. `diff`: what fixes change, as a unified diff. `fixed_text`: the
    file's text after them. `seconds`: what the checks took, by rule.
    """

    reviewed: Reviewed
    named: bool = False
    problem: str = ""
    broken: bool = False
    applied: tuple[Finding, ...] = ()
    refused: tuple[Finding, ...] = ()
    diff: str = ""
    fixed_text: str | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)


@dataclass
class Reviewer:
    """Reviews files one after the other; holds what they share."""

    plan: Plan
    memory: Memory = field(default_factory=Memory)
    _choosers: dict[str, Callable[[Path], tuple[Rule, ...]]] = field(default_factory=dict)
    _stamps: dict[tuple[Rule, ...], str] = field(default_factory=dict)
    _store: Store | None = None
    _gists: Gists | None = None
    _engine: str = ""
    _faults: list[str] = field(default_factory=list)
    _workspaces: dict[Path, Workspace] = field(default_factory=dict)
    _relied_on: tuple[tuple[Path, ...], bool] = ((), False)

    def __post_init__(self) -> None:
        if self.plan.store is not None:
            self._store, self._engine = Store(self.plan.store), kept.engine_stamp()
            self._gists = Gists(self._store)

    def review_file(self, found: FoundFile) -> Outcome:
        """Read a file, review it and, if so planned, fix it."""
        path = shown_path(found.path)
        try:
            file = read_text(found.path)
            return self.review_text(opened(found.path, file.text), found, file)
        except Unreadable as error:
            return Outcome(Reviewed(path, ""), found.named, str(error))
        except Exception as error:  # a fault in one file must not hide the findings of the others
            return Outcome(Reviewed(path, ""), found.named, _fault(error), broken=True)

    def review_text(self, file: Opened, found: FoundFile, on_disk: TextFile | None = None) -> Outcome:
        """Review a document and, if so planned, fix it, on disk where it came from there."""
        rules = self._rules(found)
        self._faults.clear()
        outcome = Outcome(_reviewed(file, self._judged(file.document, rules)), found.named)
        if self.plan.fix and any(_may_fix(finding, self.plan) for finding in outcome.reviewed.findings):
            outcome = self._fixed(file, found, rules, on_disk)
        if self._faults:
            said = "; ".join(
                dict.fromkeys((outcome.problem, *self._faults) if outcome.problem else self._faults)
            )
            outcome = replace(outcome, problem=said, broken=True)
        return replace(outcome, seconds=self.memory.rules(rules).take_seconds())

    def save(self) -> None:
        """Write what is to be kept between runs."""
        if self._store is not None:
            self._store.save()

    def close(self) -> None:
        """Let go of what is kept between runs."""
        if self._store is not None:
            self._store.close()

    def _rules(self, found: FoundFile) -> tuple[Rule, ...]:
        key = repr(found.settings)
        if key not in self._choosers:
            self._choosers[key] = rule_chooser(known_rules(found.settings), found.settings)
        return self._choosers[key](found.path)

    def _workspace(self, path: Path) -> Workspace:
        folder = workspace_folder(path)
        if folder not in self._workspaces:
            self._workspaces[folder] = Workspace(folder, shelf=Shelf(gists=self._gists))
        return self._workspaces[folder]

    def _findings(self, document: Document, rules: tuple[Rule, ...]) -> tuple[Finding, ...]:
        workspace = self._workspace(document.path)
        surroundings = workspace.surroundings
        if self._store is None:
            return self._looked_at(document, rules, surroundings)
        if rules not in self._stamps:
            self._stamps[rules] = kept.rules_stamp(rules)
        key = kept.key_of(document, surroundings, self._engine, self._stamps[rules])
        known = kept.still_valid(self._store.get(key), workspace)
        if known is not None:
            return known
        findings = self._looked_at(document, rules, surroundings)
        if not self._faults:
            self._store.put(key, kept.to_json(findings, *self._relied_on, workspace))
        return findings

    def _looked_at(
        self, document: Document, rules: tuple[Rule, ...], surroundings: Surroundings
    ) -> tuple[Finding, ...]:
        # The project's files have absolute paths, by which files are told apart and found from each other.
        document = replace(document, path=Path.cwd() / document.path)
        with _collected_errors(self._faults):
            findings = review_now(document, rules, surroundings, self.memory)
        self._relied_on = self.memory.relied_on(document.path)
        self.memory.forget(document.path)
        return findings

    def _judged(self, document: Document, rules: tuple[Rule, ...]) -> Silenced:
        findings = self._findings(document, rules)
        return silence(document.text, findings, rules, document.language, cells=document.cells)

    def _fixed(
        self, file: Opened, found: FoundFile, rules: tuple[Rule, ...], on_disk: TextFile | None
    ) -> Outcome:
        done = fix_all(file.document, lambda text: self._judged(text, rules).kept, unsafe=self.plan.unsafe)
        try:
            text = rewritten(file, done.edits)
            if self.plan.write and on_disk is not None and text != file.file_text:
                write_back(on_disk, text)
        except Unwritable as error:
            return Outcome(_reviewed(file, self._judged(file.document, rules)), found.named, str(error))
        after = opened(file.document.path, text)
        return _outcome(file, after, self._judged(after.document, rules), found, done)


def _outcome(before: Opened, after: Opened, judged: Silenced, found: FoundFile, done: Fixed) -> Outcome:
    path = shown_path(found.path)
    old, new = (lines_of(Source(file.file_text)) for file in (before, after))
    lines = difflib.unified_diff(old, new, path, path)
    diff = "".join(
        line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines
    )
    return Outcome(
        _reviewed(after, judged),
        found.named,
        applied=done.applied,
        refused=done.refused,
        diff=diff,
        fixed_text=after.file_text,
    )


@contextmanager
def _collected_errors(found: list[str]) -> Iterator[None]:
    """Collect what a review logs: the checks that raised, without which it went on."""

    class Collector(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            error = record.exc_info[1] if record.exc_info else None
            found.append(f"{record.getMessage()}: {error!r}; please report it")

    collector, logger = Collector(logging.ERROR), logging.getLogger("ml_lsp")
    logger.addHandler(collector)
    try:
        yield
    finally:
        logger.removeHandler(collector)


def _fault(error: Exception) -> str:
    """What went wrong inside this program, and where in it."""
    where = traceback.extract_tb(error.__traceback__)[-1]
    return f"internal error, please report it: {error!r} at {Path(where.filename).name}:{where.lineno}"


def _may_fix(finding: Finding, plan: Plan) -> bool:
    return finding.fix is not None and (plan.unsafe or finding.fix.safe)


def _reviewed(file: Opened, judged: Silenced) -> Reviewed:
    """The file's part of the report; without its text where there is nothing to show of it."""
    text = file.shown_text if judged.kept or judged.silenced else ""
    return Reviewed(shown_path(file.document.path), text, judged.kept, judged.silenced, file.cells)


# The reviewer of a worker process; set once when it starts.
_worker: Reviewer | None = None


def _start_worker(plan: Plan) -> None:
    global _worker  # noqa: PLW0603  (a process pool has no other place for what its workers keep)
    collect_rarely()
    _worker = Reviewer(plan)


def _work(chunk: Sequence[FoundFile]) -> list[Outcome]:
    assert _worker is not None
    outcomes = [_worker.review_file(found) for found in chunk]
    _worker.save()
    return outcomes


def cores() -> int:
    """How many processors this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def review_files(files: Sequence[FoundFile], plan: Plan, jobs: int) -> Iterator[Outcome]:
    """Review files, in order, with at most `jobs` processes.

    A mistake that shows in two of the files is reported once, in the one that it counts in.
    """
    paths = {Path.cwd() / found.path for found in files}
    for outcome in _outcomes(files, plan, jobs):
        file = outcome.reviewed
        yield replace(outcome, reviewed=replace(file, findings=counted_once(file.findings, paths)))


def _outcomes(files: Sequence[FoundFile], plan: Plan, jobs: int) -> Iterator[Outcome]:
    chunks = [files[at : at + _CHUNK] for at in range(0, len(files), _CHUNK)]
    if min(jobs, len(chunks)) <= 1 or _size(files) < _WORTH_A_POOL:
        collect_rarely()
        reviewer = Reviewer(plan)
        for chunk in chunks:
            yield from map(reviewer.review_file, chunk)
            reviewer.save()
        reviewer.close()
        return
    workers = min(jobs, len(chunks))
    with ProcessPoolExecutor(workers, initializer=_start_worker, initargs=(plan,)) as pool:
        try:
            for outcomes in pool.map(_work, chunks):
                yield from outcomes
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


def _size(files: Sequence[FoundFile]) -> int:
    """The bytes of the files, counted until a pool is worth it."""
    total = 0
    for found in files:
        try:
            total += found.path.stat().st_size
        except OSError:
            continue  # reading it will say why
        if total >= _WORTH_A_POOL:
            break
    return total
