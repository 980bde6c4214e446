"""What a review says: frozen values with offsets, free of any editor's or report's format."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import Enum
from pathlib import Path

from ml_lsp.text import Edit, Span


class Severity(Enum):
    """How bad it is; shown by editors as Error, Warning, Information and Hint."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"
    HINT = "hint"


class Tier(Enum):
    """`default` rules are on everywhere; `review` rules need judgement and are on in the review profile."""

    DEFAULT = "default"
    REVIEW = "review"


class Tag(Enum):
    """How an editor may draw the range besides its severity."""

    DEPRECATED = "deprecated"
    UNNECESSARY = "unnecessary"


@dataclass(frozen=True)
class Rewrite:
    """A structural change that is worked out on the concrete syntax tree when somebody wants it.

    `verb` is a function of `ml_lsp.rewriting.STRUCTURAL`; `span` is what it is about; `argument` is Python text.
    """

    verb: str
    span: Span
    argument: str

    def shift(self, by: int) -> Rewrite:
        """The same change in a text that starts `by` code points earlier."""
        return replace(self, span=self.span.shift(by))


@dataclass(frozen=True)
class Fix:
    """A remedy: edits against the text as it stood, and structural changes (`rewriting.worked_out` makes them edits).

    A safe fix never changes what correct code computes; only safe fixes run on save.
    """

    title: str
    edits: tuple[Edit, ...]
    safe: bool = False
    rewrites: tuple[Rewrite, ...] = ()

    def shift(self, by: int) -> Fix:
        """The same fix in a text that starts `by` code points earlier."""
        return replace(
            self,
            edits=tuple(edit.shift(by) for edit in self.edits),
            rewrites=tuple(rewrite.shift(by) for rewrite in self.rewrites),
        )


@dataclass(frozen=True)
class Related:
    """Evidence elsewhere: a range of the same text, or of the file at `path`."""

    span: Span
    message: str
    path: Path | None = None


@dataclass(frozen=True)
class Finding:
    """One report of one rule at one place.

    `counted_in`: where one mistake shows in two files, the other one, in whose findings it counts; a run over
    both reports it there, with this place as related.
    """

    rule: str
    severity: Severity
    tier: Tier
    span: Span
    message: str
    fix: Fix | None = None
    related: tuple[Related, ...] = ()
    tags: tuple[Tag, ...] = ()
    counted_in: Path | None = None

    def shift(self, by: int) -> Finding:
        """The same finding in a text that starts `by` code points earlier."""
        if not by:
            return self
        related = tuple(
            item if item.path else replace(item, span=item.span.shift(by)) for item in self.related
        )
        fix = self.fix.shift(by) if self.fix else None
        return replace(self, span=self.span.shift(by), fix=fix, related=related)
