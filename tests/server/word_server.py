"""A server over a review that knows a few words instead of rules, so that its behaviour is known exactly.

BAD has a safe fix, ODD an unsafe one, neither where a question mark follows; OLD is deprecated, FAR (of the
review profile) names the first character as evidence. `SLOW=n` makes the review take n slices of 2 ms, CRASH makes it fail.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

from ml_lsp.catalogue import Example, FixText, Rule
from ml_lsp.finding import Finding, Related, Severity, Tag, Tier
from ml_lsp.review import Document, Memory, Surroundings
from ml_lsp.server import app
from ml_lsp.server.engine import Engine, Steps
from ml_lsp.text import Edit, Span

_TEXTS = {
    "BAD": (Severity.WARNING, "GOOD", True),
    "ODD": (Severity.CRITICAL, "EVEN", False),
    "OLD": (Severity.INFO, None, False),
    "FAR": (Severity.HINT, None, False),
}


def _rule(word: str) -> Rule:
    severity, better, safe = _TEXTS[word]
    return Rule(
        id=f"words/{word.lower()}",
        severity=severity,
        tier=Tier.REVIEW if word == "FAR" else Tier.DEFAULT,
        area="words",
        title=f"The word {word}",
        message=f"`{word}` is not a good word.",
        why=f"Why {word} is wrong.",
        fix=FixText("Write {better}", safe) if better else None,
        tags=(Tag.DEPRECATED,) if word == "OLD" else (),
        examples=(Example("plain", f"x = {word}  # expect: words/{word.lower()}"),),
        path=Path(f"{word.lower()}.yaml"),
    )


RULES = tuple(map(_rule, _TEXTS))


def _found(text: str, rules: Sequence[Rule]) -> Iterator[Finding]:
    for rule in rules:
        word = rule.title.rpartition(" ")[2]
        better = _TEXTS[word][1] if word in _TEXTS else None
        for match in re.finditer(rf"\b{word}\b", text) if word in text else ():
            span = Span(*match.span())
            related = (Related(Span(0, 1), "here it begins"),) if word == "FAR" else ()
            is_fixable = better and not text.startswith("?", span.end)
            edits = (Edit(span, better),) if is_fixable else ()
            yield rule.finding(span, edits=edits, related=related, better=better)


def review(document: Document, rules: Sequence[Rule], surroundings: Surroundings, memory: Memory) -> Steps:
    """Find the words."""
    if "CRASH" in document.text:
        raise RuntimeError("the review crashed")
    slow = re.search(r"SLOW=(\d+)", document.text) if "SLOW" in document.text else None
    for _ in range(int(slow[1]) if slow else 0):
        time.sleep(0.002)
        yield
    return tuple(sorted(_found(document.text, rules), key=lambda finding: finding.span))


def load() -> Engine:
    """The engine of words."""
    return Engine(RULES, review)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        app.run_tcp("127.0.0.1", int(sys.argv[1]), load)
    else:
        app.run_stdio(load)
