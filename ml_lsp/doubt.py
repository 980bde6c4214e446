"""Which answers an edit puts in doubt, so that only what rests on them is looked at again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ml_lsp.semantics.facts import facts, names_files
from ml_lsp.semantics.module import Change, Module
from ml_lsp.semantics.questions import BEYOND_THE_MODULE, Question
from ml_lsp.syntax.segments import Kind


@dataclass(frozen=True, eq=False, slots=True)
class Asked:
    """What a unit of review has asked; `beyond`: what no text of its module answers.

    `words`: those of which it was asked who mentions them. `mentioned`: the questions whether any of some words is
    mentioned; `any_of`: all those words. `questions` are the others.
    """

    questions: frozenset[Question]
    beyond: tuple[Question, ...]
    words: frozenset[str]
    mentioned: tuple[Question, ...]
    any_of: frozenset[str]

    @staticmethod
    def of(questions: Iterable[Question]) -> Asked:
        """The questions, sorted out."""
        by_kind: dict[str, list[Question]] = {}
        for question in questions:
            by_kind.setdefault(question[0], []).append(question)
        words = frozenset(word for _, word in by_kind.pop("mentions", ()))
        mentioned = tuple(by_kind.pop("mentioned", ()))
        any_of = frozenset(word for _, *some in mentioned for word in some)
        beyond = tuple(question for kind in BEYOND_THE_MODULE for question in by_kind.get(kind, ()))
        others = frozenset(question for found in by_kind.values() for question in found)
        return Asked(others, beyond, words, mentioned, any_of)


@dataclass(frozen=True)
class Doubt:
    """Questions of which the answers may have changed: these, all of some kinds, and those about words.

    `words`: what stands in the pieces that changed. `come_or_gone`: those of them that do not stand there both
    before and after.
    """

    questions: frozenset[Question]
    words: frozenset[str] = frozenset()
    come_or_gone: frozenset[str] = frozenset()
    kinds: tuple[str, ...] = ()

    def spares(self, asked: Asked) -> bool:
        """Whether certainly none of these questions must be asked again; cheap, for it is asked of every unit."""
        return (
            self.questions.isdisjoint(asked.questions)
            and self.words.isdisjoint(asked.words)
            and self.come_or_gone.isdisjoint(asked.any_of)
            and not (self.kinds and asked.beyond)
        )

    def about(self, asked: Asked) -> frozenset[Question]:
        """The questions among these that must be asked again."""
        found = self.questions & asked.questions
        found |= {("mentions", word) for word in self.words & asked.words}
        found |= {question for question in asked.mentioned if not self.come_or_gone.isdisjoint(question[1:])}
        if self.kinds and asked.beyond:
            found |= {question for question in asked.beyond if question[0] in self.kinds}
        return found


def doubtful(before: Module, after: Module, change: Change) -> Doubt:
    """What a change of some pieces puts in doubt: all about what stands in them."""
    gone, come = before.pieces[change.first : change.old_end], after.pieces[change.first : change.new_end]
    changed = [*gone, *come]
    if not changed:
        return Doubt(frozenset())
    known = [facts(piece) for piece in changed]
    old, new = (frozenset[str]().union(*(facts(piece).words for piece in pieces)) for pieces in (gone, come))
    bound = frozenset[str]().union(*(one.defines for one in known))
    stored = bound.union(*(one.stores for one in known))
    owners = _owners(before, change.first, change.old_end) | _owners(after, change.first, change.new_end)
    kinds = ("defines", "binds", "class", "whole class")
    asked: set[Question] = {(kind, name) for name in bound | owners for kind in kinds}
    asked |= {("method", owner, name) for owner in owners for name in bound}
    asked |= {("stores", owner, name) for owner in owners for name in stored}
    asked.add(("everything",))
    if any(piece.kind is Kind.STATEMENT for piece in changed):
        asked.add(("top level",))
    if any(names_files(piece) for piece in changed):
        asked.add(("names files",))
    return Doubt(frozenset(asked), old | new, old ^ new)


def _owners(module: Module, start: int, end: int) -> set[str]:
    """The classes of changed pieces, and of the one behind: it joins the class above when a header goes."""
    return {module.owner_name(i) or "" for i in range(start, min(end + 1, len(module.pieces)))}
