"""What a run over files found: the value that every report format is made from."""

from __future__ import annotations

import hashlib
from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding, Related, Severity
from ml_lsp.text import Encoding, Source, Span
from ml_lsp.textfile import Unreadable, read_text


class CellStart(NamedTuple):
    """Where a notebook's cell starts in the reviewed text, and its 0-based number among all cells."""

    offset: int
    number: int


class Place(NamedTuple):
    """A range as people name it: 1-based lines and columns, in a notebook those of its cell (0-based)."""

    cell: int | None
    line: int
    column: int
    end_line: int
    end_column: int

    def __str__(self) -> str:
        cell = "" if self.cell is None else f"cell {self.cell + 1}:"
        return f"{cell}{self.line}:{self.column}"


@dataclass(frozen=True)
class Reviewed:
    """One reviewed file. `path` is as shown, with forward slashes; `cells` is empty for a plain file."""

    path: str
    text: str
    findings: tuple[Finding, ...] = ()
    silenced: tuple[Finding, ...] = ()
    cells: tuple[CellStart, ...] = ()

    @cached_property
    def source(self) -> Source:
        """The text with its line table."""
        return Source(self.text)

    def place(self, span: Span, encoding: Encoding = "utf-32") -> Place:
        """Where a range is; columns in code units of `encoding` (utf-32: characters)."""
        start = self.source.position(span.start, encoding)
        end = self.source.position(max(span.start, span.end), encoding)
        cell, first = None, 0
        if self.cells:
            at = max(0, bisect_right([start.offset for start in self.cells], span.start) - 1)
            cell, first = self.cells[at].number, self.source.line_of(self.cells[at].offset)
        return Place(cell, start.line - first + 1, start.column + 1, end.line - first + 1, end.column + 1)


def counted_once(findings: tuple[Finding, ...], paths: Collection[Path]) -> tuple[Finding, ...]:
    """The findings of one file without those that are told in another one of the same report, at `paths`."""
    return tuple(finding for finding in findings if finding.counted_in not in paths)


@dataclass(frozen=True)
class Report:
    """What a run found. `checked` counts all files; `files` are those with something to tell."""

    files: tuple[Reviewed, ...]
    rules: Mapping[str, Rule] = field(default_factory=dict)
    checked: int = 0
    fixed: int = 0

    def findings(self) -> Iterator[tuple[Reviewed, Finding]]:
        """All findings that stand, each with its file."""
        for file in self.files:
            for finding in file.findings:
                yield file, finding

    @cached_property
    def by_severity(self) -> Counter[Severity]:
        """How many findings of each severity stand."""
        return Counter(finding.severity for _, finding in self.findings())

    @cached_property
    def by_rule(self) -> Counter[str]:
        """How many findings of each rule stand."""
        return Counter(finding.rule for _, finding in self.findings())

    @property
    def total(self) -> int:
        """How many findings stand."""
        return sum(self.by_rule.values())


def fingerprints(file: Reviewed, findings: Iterable[Finding]) -> Iterator[str]:
    """A name for each finding that outlives edits elsewhere in the file: from rule, path and line text."""
    seen: Counter[str] = Counter()
    for finding in findings:
        line = file.source.line_text(file.source.line_of(finding.span.start)).strip()
        content = "\0".join((finding.rule, file.path, line)).encode("utf-8", "surrogatepass")
        name = hashlib.sha256(content).hexdigest()[:32]
        seen[name] += 1
        yield f"{name}:{seen[name]}"


def shown_path(path: Path) -> str:
    """A path as reports show it: below the current folder relative to it, with forward slashes."""
    if path.is_absolute() and path.is_relative_to(Path.cwd()):
        path = path.relative_to(Path.cwd())
    return path.as_posix()


def related_file(file: Reviewed, related: Related) -> Reviewed | None:
    """The file in which a finding's evidence stands; None for another one whose places cannot be told."""
    if related.path is None:
        return file
    try:
        text = "" if related.path.suffix == ".ipynb" else read_text(related.path).text
    except Unreadable:
        text = ""
    return Reviewed(shown_path(related.path), text) if text else None


def related_place(file: Reviewed, related: Related) -> str:
    """Where a finding's evidence stands, as `path:line:column`; without a line where it cannot be told."""
    there = related_file(file, related)
    if there is None:
        return shown_path(related.path) if related.path is not None else file.path
    return f"{there.path}:{there.place(related.span)}"
