"""Which answers an edit puts in doubt, so that only what rests on them is looked at again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ml_lsp.semantics.facts import facts
from ml_lsp.semantics.inquiry import Answer, Question
from ml_lsp.semantics.module import Change, Module


@dataclass(frozen=True)
class Doubt:
    """Questions of which the answers may have changed: these, and all of some kinds."""

    questions: frozenset[Question]
    kinds: tuple[str, ...] = ()

    def about(self, answers: Mapping[Question, Answer]) -> set[Question]:
        """The questions among those answered that must be asked again."""
        found = set[Question]() if self.questions.isdisjoint(answers) else answers.keys() & self.questions
        if self.kinds:
            found.update(question for question in answers if question[0] in self.kinds)
        return found


def doubtful(before: Module, after: Module, change: Change) -> Doubt:
    """What a change of some pieces puts in doubt: all about the words that stand in them."""
    changed = [*before.pieces[change.first : change.old_end], *after.pieces[change.first : change.new_end]]
    if not changed:
        return Doubt(frozenset())
    words = {word for piece in changed for word in facts(piece).words}
    owners = {before.owner_name(i) for i in range(change.first, change.old_end)}
    owners |= {after.owner_name(i) for i in range(change.first, change.new_end)}
    names = words | {name for name in owners if name}
    kinds = ("defines", "mentions", "mentioned", "class", "whole class")
    asked: set[Question] = {(kind, name) for name in names for kind in kinds}
    asked |= {
        (kind, owner or "", word) for owner in owners for word in words for kind in ("method", "stores")
    }
    return Doubt(frozenset(asked | {("top level",), ("everything",)}))
