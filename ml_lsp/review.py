"""The line in one function: a document, the rules and the workspace -> findings, only what is new looked at."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from ml_lsp.catalogue import Rule
from ml_lsp.config_review import ReviewedConfig, review_config
from ml_lsp.doubt import Asked, doubtful
from ml_lsp.finding import Finding
from ml_lsp.placement import Lost, Move, brought_back, in_order, kept_where_lines_stand
from ml_lsp.registry import RuleSet, RuleTable
from ml_lsp.semantics.dead_code import never_runs
from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.semantics.module import Change, Module, difference, module_of
from ml_lsp.semantics.notebooks.notebook import notebook_of
from ml_lsp.semantics.outside import Known
from ml_lsp.semantics.project import Project
from ml_lsp.semantics.questions import OF_THE_PROJECT, Answer, Question, answer
from ml_lsp.syntax.notebook import Joined
from ml_lsp.syntax.segments import EMPTY, Kind, Segment, Split, joined, split
from ml_lsp.syntax.trees import tree
from ml_lsp.units import (
    SLICE_SECONDS,
    class_findings,
    module_findings,
    notebook_findings,
    piece_findings,
)


@dataclass(frozen=True)
class Document:
    """A text to review and what is known of it from outside.

    `language` is python, yaml, json or toml. `cells` are the offsets at which the code cells of a notebook start;
    empty for a plain file. `notebook` is what else is known of those cells: without it, the rules about
    notebooks as a whole do not run.
    """

    path: Path
    text: str
    language: str = "python"
    cells: tuple[int, ...] = ()
    notebook: Joined | None = None


@dataclass(frozen=True)
class Surroundings:
    """What a review may know besides the document: library versions (`{"torch": "2.4.1"}`), the project, and
    outside names that have been looked up in the libraries."""

    versions: Mapping[str, str] = field(default_factory=dict)
    project: Project | None = None
    outside: Known = field(default_factory=dict)


@dataclass(frozen=True, eq=False, slots=True)
class _Entry:
    """What one unit's review found, and the answers it rests on.

    `asked`: their questions, sorted out once: every keystroke looks at those of all units.
    """

    findings: tuple[Finding, ...]
    answers: Mapping[Question, Answer]
    asked: Asked

    @staticmethod
    def of(findings: tuple[Finding, ...], answers: Mapping[Question, Answer]) -> _Entry:
        """The entry of a unit that has just been looked at."""
        return _Entry(findings, answers, Asked.of(answers))

    def moved(self, move: Move) -> _Entry:
        """The same with the findings where they stand now; raises Lost if one stands in what has changed."""
        if not self.findings:
            return self
        return replace(self, findings=tuple(move.finding(finding) for finding in self.findings))


@dataclass(frozen=True, eq=False)
class _Entries:
    """The entries of a module's units: one a piece, one a class (by its header piece), one for the module."""

    pieces: tuple[_Entry | None, ...] = ()
    classes: Mapping[int, _Entry] = field(default_factory=dict)
    module: _Entry | None = None

    def all(self) -> Iterator[_Entry]:
        """Those that are there."""
        yield from (entry for entry in self.pieces if entry is not None)
        yield from self.classes.values()
        if self.module is not None:
            yield self.module

    def findings(self) -> Iterator[Finding]:
        """All that they found."""
        yield from (finding for entry in self.all() for finding in entry.findings)


@dataclass(frozen=True, eq=False)
class _Reviewed:
    """A finished review of one version of a document."""

    split: Split
    broken: frozenset[int]
    module: Module
    rules: RuleSet
    surroundings: Surroundings
    entries: _Entries
    findings: tuple[Finding, ...]


@dataclass
class Memory:
    """What earlier reviews found out. One for all documents of a process; `forget` a document when it closes."""

    reviewed: dict[Path, _Reviewed] = field(default_factory=dict)
    configs: dict[Path, ReviewedConfig] = field(default_factory=dict)
    rule_sets: dict[tuple[Rule, ...], RuleSet] = field(default_factory=dict)

    def rules(self, rules: Sequence[Rule]) -> RuleSet:
        """The rules sorted for review; the same object for the same rules."""
        key = tuple(rules)
        if key not in self.rule_sets:
            self.rule_sets.clear()
            self.rule_sets[key] = RuleSet(key)
        return self.rule_sets[key]

    def segments(self, path: Path) -> tuple[Segment, ...]:
        """The segments of a document as last reviewed; their texts joined are its text."""
        reviewed = self.reviewed.get(path)
        return reviewed.split.segments if reviewed else ()

    def split_of(self, path: Path) -> Split | None:
        """The segments of a document as last reviewed, with their trees."""
        reviewed = self.reviewed.get(path)
        return reviewed.split if reviewed else None

    def outside_names(self, path: Path) -> frozenset[str]:
        """The outside names about which the last review of a document asked."""
        if path in self.configs:
            return frozenset(self.configs[path].told)
        known = self.reviewed.get(path)
        entries = known.entries.all() if known else ()
        return frozenset(q[1] for entry in entries for q in entry.asked.beyond if q[0] == "outside")

    def relied_on(self, path: Path) -> tuple[tuple[Path, ...], bool]:
        """The other files that the last review of a document looked into, and whether it may rest on all.

        What imports a module, or reads a config file, cannot be told without all files.
        """
        known = self.reviewed.get(path)
        asked = {q for entry in known.entries.all() for q in entry.asked.beyond} if known else set()
        files = sorted({Path(question[1]) for question in asked if question[0] == "file"})
        everywhere = any(question[0] in OF_THE_PROJECT for question in asked)
        return tuple(files), everywhere or path in self.configs

    def forget(self, path: Path) -> None:
        """Drop what is remembered of a document."""
        self.reviewed.pop(path, None)
        self.configs.pop(path, None)


def review(
    document: Document,
    rules: Sequence[Rule],
    surroundings: Surroundings = Surroundings(),
    memory: Memory | None = None,
) -> Generator[None, None, tuple[Finding, ...]]:
    """Review a document in slices.

    Yields after each slice of work (a few milliseconds) so that an event loop may do something else or drop
    the rest. Returns the findings in order of their place, with spans in code points of `document.text`;
    ignore comments are not looked at here.
    """
    memory = memory or Memory()
    if document.language != "python":
        config = yield from review_config(document, memory.rules(rules), surroundings, memory.configs)
        return config.findings
    rule_set = memory.rules(rules)
    before = memory.reviewed.get(document.path)
    pieces = split(document.text, before.split if before else EMPTY, document.cells)
    readable, broken = _readable(pieces, before)
    module, change = module_of(readable, document.path, before.module if before else None)
    known = _Entries()
    if before is not None and _comparable(before, rule_set, surroundings, module):
        known = _still_valid(before, module, surroundings, change)
    table = rule_set.for_libraries(module.tables.libraries)
    work = _Work(module, surroundings, table, broken, known)

    def done(findings: tuple[Finding, ...]) -> _Reviewed:
        return _Reviewed(pieces, broken, module, rule_set, surroundings, work.entries, findings)

    try:
        yield from work.do()
    except GeneratorExit:  # what is known already need not be found out again for the next version
        memory.reviewed[document.path] = done(before.findings if before is not None else ())
        raise
    findings = in_order(_found(document, work, pieces, surroundings))
    if broken:
        findings = _shown(findings, before, readable, pieces, broken)
    memory.reviewed[document.path] = done(findings)
    return findings


def review_now(
    document: Document,
    rules: Sequence[Rule],
    surroundings: Surroundings = Surroundings(),
    memory: Memory | None = None,
) -> tuple[Finding, ...]:
    """The findings of `review`, without slices."""
    steps = review(document, rules, surroundings, memory)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            findings: tuple[Finding, ...] = end.value
            return findings


def _found(document: Document, work: _Work, pieces: Split, surroundings: Surroundings) -> Iterator[Finding]:
    """All findings of a finished work but those in code that never runs."""
    for finding in (*work.entries.findings(), *_of_notebook(document, work, pieces, surroundings)):
        if not never_runs(work.module.split, finding.span.start):
            yield finding


def _of_notebook(
    document: Document, work: _Work, pieces: Split, surroundings: Surroundings
) -> Iterator[Finding]:
    """The findings about a notebook as a whole: looked for each time, what they rest on is kept by piece."""
    if document.notebook is None:
        return
    inquiry = Inquiry(work.module, surroundings.versions, project=surroundings.project)
    yield from notebook_findings(notebook_of(inquiry, document.notebook, pieces), work.table)


def _readable(pieces: Split, before: _Reviewed | None) -> tuple[Split, frozenset[int]]:
    """The text with the segments that do not parse replaced by their last version that did, and which those are.

    So a half-typed function is still there for those who call it. All analysis, and all that is remembered,
    speaks of places in that text.
    """
    if before is None:
        broken = frozenset(i for i, segment in enumerate(pieces.segments) if tree(segment) is None)
        return pieces, broken
    change = difference(before.split.segments, pieces.segments)
    there = {i if i < change.first else i + change.shift for i in before.broken if not change.covers(i)}
    new = {i for i in range(change.first, change.new_end) if tree(pieces.segments[i]) is None}
    if not there and not new:
        return pieces, frozenset()
    segments = list(pieces.segments)
    for index in there:
        segments[index] = before.module.pieces[index if index < change.first else index - change.shift]
    if change.shift == 0:
        for index in new:
            old = before.module.pieces[index]
            if old.kind is segments[index].kind and tree(old) is not None:
                segments[index] = old
    return joined(tuple(segments)), frozenset(there | new)


def _shown(
    findings: tuple[Finding, ...],
    before: _Reviewed | None,
    readable: Split,
    pieces: Split,
    broken: frozenset[int],
) -> tuple[Finding, ...]:
    """The findings outside pieces that do not parse, and those shown inside them whose lines still stand."""
    outside = brought_back(findings, readable.starts, pieces.starts, broken)
    if before is None:
        return in_order(outside)
    kept = kept_where_lines_stand(before.findings, before.split.text, pieces, broken)
    return in_order((*outside, *kept))


def _comparable(before: _Reviewed, rules: RuleSet, surroundings: Surroundings, module: Module) -> bool:
    """Whether a review under these circumstances may use what an earlier one found out."""
    return (
        before.rules is rules
        and before.surroundings.versions == surroundings.versions
        and before.module.tables.imports == module.tables.imports
        and before.module.tables.libraries == module.tables.libraries
    )


def _still_valid(before: _Reviewed, module: Module, surroundings: Surroundings, change: Change) -> _Entries:
    """The entries of an earlier version that hold for this one, their findings moved to where they stand now."""
    doubt = doubtful(before.module, module, change)
    if surroundings.project is not before.surroundings.project:
        doubt = replace(doubt, kinds=("file", *OF_THE_PROJECT))
    if surroundings.outside is not before.surroundings.outside:
        doubt = replace(doubt, kinds=(*doubt.kinds, "outside"))
    move = Move(before.module.split.starts, module.split.starts, change)
    now: dict[Question, Answer] = {}

    def holds(question: Question, known: Answer) -> bool:
        if question not in now:
            now[question] = answer(module, question, surroundings.project, surroundings.outside)
        return now[question] == known

    def valid(entry: _Entry | None) -> _Entry | None:
        if entry is None or (doubt.spares(entry.asked) and not entry.findings):
            return entry
        if not all(holds(question, entry.answers[question]) for question in doubt.about(entry.asked)):
            return None
        try:
            return entry.moved(move)
        except Lost:
            return None

    old = before.entries
    gap: list[_Entry | None] = [None] * (change.new_end - change.first)
    ahead = [valid(entry) for entry in old.pieces[: change.first]]
    behind = [valid(entry) for entry in old.pieces[change.old_end :]]
    classes = {}
    for header, entry in old.classes.items():
        still = None if change.covers(header) else valid(entry)
        if still is not None:
            classes[header if header < change.first else header + change.shift] = still
    return _Entries((*ahead, *gap, *behind), classes, valid(old.module))


_NOTHING = _Entry.of((), {})


class _Work:
    """The units that must be looked at, one after the other."""

    def __init__(
        self,
        module: Module,
        surroundings: Surroundings,
        table: RuleTable,
        broken: frozenset[int],
        known: _Entries,
    ) -> None:
        self.module, self.surroundings, self.table, self.broken = module, surroundings, table, broken
        self.pieces = list(known.pieces) or [None] * len(module.pieces)
        self.classes = dict(known.classes)
        self.module_entry = known.module

    @property
    def entries(self) -> _Entries:
        """All that is known now."""
        return _Entries(tuple(self.pieces), self.classes, self.module_entry)

    def do(self) -> Iterator[None]:
        """Look at what is not known; yields between slices."""
        started = time.perf_counter()
        for index, piece in enumerate(self.module.pieces):
            is_new_class = piece.kind is Kind.CLASS and index not in self.classes
            if self.pieces[index] is not None and not is_new_class:
                continue
            if self.pieces[index] is None:
                self.pieces[index] = self._looked_at(piece_findings, index)
            if is_new_class:
                self.classes[index] = self._looked_at(class_findings, index)
            if time.perf_counter() - started > SLICE_SECONDS:
                yield
                started = time.perf_counter()
        if self.module_entry is None:
            self.module_entry = self._looked_at(module_findings)

    def _looked_at(self, look: Callable[..., Iterator[Finding]], *index: int) -> _Entry:
        if index and tree(self.module.pieces[index[0]]) is None:
            return _NOTHING
        around = self.surroundings
        inquiry = Inquiry(self.module, around.versions, project=around.project, outside=around.outside)
        findings = tuple(look(inquiry, *index, self.table))
        answers = inquiry.answers()
        inquiry.let_go()
        return _Entry.of(findings, answers) if findings or answers else _NOTHING
