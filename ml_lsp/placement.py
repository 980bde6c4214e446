"""Where findings of an earlier version of a text stand in a newer one."""

from __future__ import annotations

import sys
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from ml_lsp.finding import Finding, Fix
from ml_lsp.semantics.module import Change
from ml_lsp.syntax.segments import Split
from ml_lsp.text import Edit, Source, Span


class Lost(Exception):
    """A place stood in a piece that is no more."""


@dataclass(frozen=True)
class Move:
    """From the offsets of one version to those of the next, for places outside the changed pieces."""

    old_starts: Sequence[int]
    new_starts: Sequence[int]
    change: Change

    def span(self, span: Span) -> Span:
        """The same place in the new version.

        Raises:
            Lost: if it stood in a changed piece.
        """
        piece = max(0, bisect_right(self.old_starts, span.start) - 1)
        if piece < self.change.first:
            there = piece
        elif piece >= self.change.old_end:
            there = piece + self.change.shift
        else:
            raise Lost
        return span.shift(self.new_starts[there] - self.old_starts[piece])

    def finding(self, finding: Finding) -> Finding:
        """The same finding in the new version.

        Raises:
            Lost: if any place it names stood in a changed piece.
        """
        span = self.span(finding.span)
        if span == finding.span and not finding.related and finding.fix is None:
            return finding
        related = tuple(
            item if item.path else replace(item, span=self.span(item.span)) for item in finding.related
        )
        return replace(finding, span=span, fix=self._fix(finding.fix), related=related)

    def _fix(self, fix: Fix | None) -> Fix | None:
        if fix is None:
            return None
        edits = tuple(Edit(self.span(edit.span), edit.new) for edit in fix.edits)
        rewrites = tuple(replace(rewrite, span=self.span(rewrite.span)) for rewrite in fix.rewrites)
        return replace(fix, edits=edits, rewrites=rewrites)


def brought_back(
    findings: Iterable[Finding], readable: Sequence[int], real: Sequence[int], broken: frozenset[int]
) -> Iterator[Finding]:
    """Findings in the readable form of a text as findings in the text itself (given by their pieces' starts).

    Those that stand in broken pieces are left out; related places and fixes there are dropped.
    """
    lost = {index: Change(index, index + 1, index + 1) for index in broken}

    def there(span: Span) -> Span:
        piece = max(0, bisect_right(readable, span.start) - 1)
        return Move(readable, real, lost.get(piece, _NO_CHANGE)).span(span)

    for finding in findings:
        try:
            bare = replace(finding, span=there(finding.span), fix=None, related=())
        except Lost:
            continue
        try:
            full = Move(readable, real, _NO_CHANGE).finding(finding)
            for span in _places(finding):
                there(span)
        except Lost:
            full = bare
        yield full


_NO_CHANGE = Change(sys.maxsize, sys.maxsize, sys.maxsize)


def _places(finding: Finding) -> Iterator[Span]:
    yield from (item.span for item in finding.related if item.path is None)
    if finding.fix is not None:
        yield from (edit.span for edit in finding.fix.edits)
        yield from (rewrite.span for rewrite in finding.fix.rewrites)


def pieces_of(findings: Iterable[Finding], split: Split) -> Iterator[int]:
    """The pieces in which findings start."""
    for finding in findings:
        yield max(0, bisect_right(split.starts, finding.span.start) - 1)


def kept_where_lines_stand(
    shown: Iterable[Finding], old_text: str, new: Split, broken: Iterable[int]
) -> Iterator[Finding]:
    """The findings shown for an earlier text that lie in pieces which do not parse now, where their lines
    still stand; without their fixes, which nobody can vouch for."""
    places = set(broken)
    for finding in standing(shown, old_text, new.text):
        if next(pieces_of([finding], new)) in places:
            yield finding


def standing(shown: Iterable[Finding], old_text: str, new_text: str) -> Iterator[Finding]:
    """The findings shown for an earlier text whose lines stand in a newer one, where they stand there; without
    their fixes and related places."""
    where = still_standing(old_text, new_text)
    for finding in shown:
        there = where(finding.span)
        if there is not None:
            yield replace(finding, span=there, fix=None, related=())


def still_standing(old_text: str, new_text: str) -> Callable[[Span], Span | None]:
    """Where a range of a text stands in a newer one; None if not all its lines are there as they were."""
    head = _same_lines(old_text, new_text)
    tail = _same_lines(old_text[::-1], new_text[::-1])
    tail = min(tail, min(len(old_text), len(new_text)) - head)

    def where(span: Span) -> Span | None:
        if span.end <= head:
            return span
        return span.shift(len(new_text) - len(old_text)) if span.start >= len(old_text) - tail else None

    return where


def _same_lines(one: str, other: str) -> int:
    """The length of the whole lines that two texts share at their start."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if one[low:middle] == other[low:middle] else (low, middle - 1)
    if low == len(one) == len(other):
        return low
    source = Source(one[: low + 1])
    return source.line_starts[-1] if source.line_starts[-1] <= low else source.line_starts[-2]


def in_order(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings by place, then rule; doubles left out."""
    return tuple(sorted(dict.fromkeys(findings), key=lambda finding: (finding.span, finding.rule)))
