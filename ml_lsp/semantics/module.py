"""One version of a module: its pieces and the tables that say which piece defines, imports, mentions what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from ml_lsp.semantics.facts import class_node, facts
from ml_lsp.semantics.flow import Block, Flow
from ml_lsp.semantics.flow_walk import flow_of_statements
from ml_lsp.syntax.segments import EMPTY, Kind, Segment, Split
from ml_lsp.syntax.trees import tree


@dataclass(frozen=True)
class Tables:
    """What the pieces of a module say of themselves, by name. Numbers are indices of pieces.

    `imports`: local name -> dotted name, for imports at module level. `libraries`: root names of all imports.
    `defines`: module-level name -> pieces that bind it. `classes`: class name -> its header and members.
    `owners`: member piece -> header piece.
    """

    imports: Mapping[str, str]
    stars: tuple[str, ...]
    libraries: frozenset[str]
    defines: Mapping[str, tuple[int, ...]]
    classes: Mapping[str, tuple[int, ...]]
    owners: Mapping[int, int]

    @cached_property
    def imported_as(self) -> Mapping[str, frozenset[str]]:
        """The local names of module-level imports, by the last part of what they name."""
        found: dict[str, set[str]] = {}
        for local, target in self.imports.items():
            found.setdefault(target.rpartition(".")[2], set()).add(local)
        return {last: frozenset(names) for last, names in found.items()}


def _tables(pieces: tuple[Segment, ...]) -> Tables:
    imports: dict[str, str] = {}
    stars: list[str] = []
    libraries: set[str] = set()
    defines: dict[str, list[int]] = {}
    members: dict[int, list[int]] = {}
    header = -1
    for index, piece in enumerate(pieces):
        known = facts(piece)
        libraries.update(item.target.partition(".")[0] for item in (*known.imports, *known.inner_imports))
        if piece.kind.in_class:
            members.setdefault(header, []).append(index)
            continue
        header = index if piece.kind is Kind.CLASS else -1
        for item in known.imports:
            if item.local == "*":
                stars.append(item.target.removesuffix(".*"))
            else:
                imports.setdefault(item.local, item.target)
        for name in known.defines:
            defines.setdefault(name, []).append(index)
    classes = {
        node.name: (index, *members.get(index, ()))
        for index, piece in enumerate(pieces)
        if piece.kind is Kind.CLASS and (node := class_node(piece)) is not None
    }
    owners = {member: head for head, found in members.items() if head >= 0 for member in found}
    return Tables(
        imports,
        tuple(stars),
        frozenset(libraries),
        {name: tuple(found) for name, found in defines.items()},
        classes,
        owners,
    )


@dataclass(frozen=True, eq=False)
class Module:
    """One version of a module's text with its tables."""

    split: Split
    tables: Tables
    path: Path = Path()
    answered: dict[tuple[str, ...], tuple[object, ...]] = field(default_factory=dict)
    """The answers that its units were given; see `ml_lsp.semantics.questions`."""
    _mentioning: dict[str, tuple[int, ...]] = field(default_factory=dict)

    @property
    def pieces(self) -> tuple[Segment, ...]:
        """The segments of the module, in order."""
        return self.split.segments

    @cached_property
    def words(self) -> frozenset[str]:
        """All words of the module."""
        return frozenset().union(*(facts(piece).words for piece in self.pieces))

    def mentioning(self, word: str) -> tuple[int, ...]:
        """The pieces that hold a word."""
        if word not in self._mentioning:
            found = (index for index, piece in enumerate(self.pieces) if word in facts(piece).words)
            self._mentioning[word] = tuple(found)
        return self._mentioning[word]

    def mentioned_without(self, words: frozenset[str]) -> dict[str, tuple[int, ...]]:
        """What is known of the pieces that hold a word, for all words but these."""
        return {word: pieces for word, pieces in self._mentioning.items() if word not in words}

    def owner_name(self, piece: int) -> str | None:
        """The name of the class that a piece is a member or the header of."""
        header = self.tables.owners.get(piece, piece)
        node = class_node(self.pieces[header])
        return node.name if node else None


@dataclass(frozen=True)
class Change:
    """Which pieces differ between two versions: `before[first:old_end]` became `after[first:new_end]`."""

    first: int
    old_end: int
    new_end: int

    @property
    def shift(self) -> int:
        """By how much the index of a piece behind the change grew."""
        return self.new_end - self.old_end

    def covers(self, piece: int) -> bool:
        """Whether a piece of the earlier version is among those that changed."""
        return self.first <= piece < self.old_end


def difference(before: tuple[Segment, ...], after: tuple[Segment, ...]) -> Change:
    """The smallest change that makes one row of pieces out of another; pieces are compared as objects."""
    most = min(len(before), len(after))
    first = 0
    while first < most and before[first] is after[first]:
        first += 1
    same = 0
    while same < most - first and before[-1 - same] is after[-1 - same]:
        same += 1
    return Change(first, len(before) - same, len(after) - same)


def module_of(split: Split, path: Path, previous: Module | None = None) -> tuple[Module, Change]:
    """A module for a split text, and what changed since `previous`.

    The tables are taken from the previous version where the changed pieces say the same of themselves.
    """
    old = previous.pieces if previous else EMPTY.segments
    change = difference(old, split.segments)
    if previous is not None and change.shift == 0:
        pairs = list(
            zip(
                old[change.first : change.old_end], split.segments[change.first : change.new_end], strict=True
            )
        )
        if all(one.kind is two.kind and facts(one).outline == facts(two).outline for one, two in pairs):
            new_words = frozenset[str]().union(*(facts(one).words ^ facts(two).words for one, two in pairs))
            return Module(
                split, previous.tables, path, _mentioning=previous.mentioned_without(new_words)
            ), change
    return Module(split, _tables(split.segments), path), change


_NO_FLOW = Flow(None, Block(None, None))


def flow_of_piece(piece: Segment) -> Flow:
    """The flow of a piece's statements at its own level; empty if it does not parse or nests too deep."""
    memory = piece.memory
    if flow_of_piece not in memory:
        parsed = tree(piece)
        try:
            memory[flow_of_piece] = flow_of_statements(parsed.body) if parsed else _NO_FLOW
        except RecursionError:
            memory[flow_of_piece] = _NO_FLOW
    flow: Flow = memory[flow_of_piece]
    return flow
