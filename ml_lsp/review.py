"""The line in one function: a document, the rules and the workspace -> findings."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding


@dataclass(frozen=True)
class Document:
    """A text to review and what is known of it from outside.

    `language` is python, yaml or json. `cells` are the offsets at which the code cells of a notebook start;
    empty for a plain file.
    """

    path: Path
    text: str
    language: str = "python"
    cells: tuple[int, ...] = ()


@dataclass(frozen=True)
class Surroundings:
    """What a review may know besides the document: library versions (`{"torch": "2.4.1"}`)."""

    versions: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))


class Memory:
    """What earlier reviews found out, remembered by content. One for all documents of a process."""


def review(
    document: Document,
    rules: Sequence[Rule],
    surroundings: Surroundings = Surroundings(),
    memory: Memory | None = None,
) -> Generator[None, None, tuple[Finding, ...]]:
    """Review a document in slices.

    Yields after each slice of work (a few milliseconds at most) so that an event loop may do something else
    or drop the rest; returns the findings in order of their place, spans in code points of `document.text`,
    with those an ignore comment silences left out.
    """
    return ()
    yield


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
            return end.value
