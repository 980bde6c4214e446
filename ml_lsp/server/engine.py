"""What the server asks about code, and how it is loaded: late, because the first answer does not need it."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass, field

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.ignores import silence
from ml_lsp.review import Document, Memory, Surroundings, review
from ml_lsp.rulebook import known_rules
from ml_lsp.settings import Settings

Steps = Generator[None, None, tuple[Finding, ...]]
Review = Callable[[Document, Sequence[Rule], Surroundings, Memory], Steps]


@dataclass(frozen=True)
class Engine:
    """The rules that ship, the review of a document in slices, and what it remembers between reviews."""

    rules: tuple[Rule, ...]
    review: Review = review
    memory: Memory = field(default_factory=Memory)

    def steps(
        self, document: Document, rules: Sequence[Rule], surroundings: Surroundings = Surroundings()
    ) -> Steps:
        """Review a document in slices; return the findings that no comment in it silences."""
        findings = yield from self.review(document, rules, surroundings, self.memory)
        segments = self.memory.segments(document.path)
        return silence(document.text, findings, rules, document.language, segments, document.cells).kept

    def now(
        self, document: Document, rules: Sequence[Rule], surroundings: Surroundings = Surroundings()
    ) -> tuple[Finding, ...]:
        """The same findings at once."""
        steps = self.steps(document, rules, surroundings)
        while True:
            try:
                next(steps)
            except StopIteration as end:
                findings: tuple[Finding, ...] = end.value
                return findings


def load() -> Engine:
    """The engine with the rules that ship.

    Raises:
        CatalogueError: if one of their pages is wrong.
    """
    return Engine(known_rules(Settings()))
