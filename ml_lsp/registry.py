"""Pairing by name: the rule page `rules/torch/missing-no-grad.yaml` and `checks/torch/missing_no_grad.py`."""

from __future__ import annotations

import importlib
import inspect
import logging
import traceback
import typing
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import cache, cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from ml_lsp import match
from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.page_form import CatalogueError
from ml_lsp.semantics.body import Body, Loop, ModuleView
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.classes import Class
from ml_lsp.semantics.config_file import ConfigFile
from ml_lsp.semantics.names import public
from ml_lsp.semantics.notebooks.notebook import Notebook

log = logging.getLogger(__name__)

Check = Callable[[Any, Rule], Iterable[Finding]]
SUBJECTS: tuple[type, ...] = (Call, Loop, Body, Class, ModuleView, ConfigFile, Notebook)


def module_name(rule_id: str) -> str:
    """The module that holds a rule's check."""
    return "ml_lsp.checks." + rule_id.replace("-", "_").replace("/", ".")


@cache
def _check_of(rule_id: str) -> tuple[Check, tuple[type, ...]]:
    """The check of a rule and what it looks at, which the annotation of its first parameter says: one of
    `SUBJECTS`, or several of them as a union, where one mistake shows in Python or in a config file."""
    name = module_name(rule_id)
    if find_spec(name) is None:
        raise CatalogueError(f"{rule_id}: the page has no `match` and there is no {name}")
    check: Check | None = getattr(importlib.import_module(name), "check", None)
    if check is None:
        raise CatalogueError(f"{rule_id}: {name} has no function `check(subject, rule)`")
    first = next(iter(inspect.signature(check).parameters), "")
    hint = typing.get_type_hints(check).get(first)
    subjects = typing.get_args(hint) or (hint,)
    if not set(subjects) <= set(SUBJECTS):
        allowed = ", ".join(subject.__name__ for subject in SUBJECTS)
        raise CatalogueError(
            f"{rule_id}: the first parameter of `check` must be annotated with one of {allowed}"
        )
    return check, subjects


def is_paired(rule: Rule) -> bool:
    """Whether a rule has something that looks for it: a pattern, or a check."""
    name = module_name(rule.id)
    return rule.match is not None or (find_spec(name.rpartition(".")[0]) and find_spec(name)) is not None


@dataclass
class Record:
    """What came of running a check: the seconds that it has taken, and the last error that it raised."""

    seconds: float = 0.0
    error: str = ""

    def note(self, error: Exception) -> None:
        """Keep what an error says and where it was raised; not the error, which holds on to all that it saw."""
        [where] = traceback.extract_tb(error.__traceback__, limit=-1)
        said = " ".join("".join(traceback.format_exception_only(error)).split())
        self.error = f"{said} ({Path(where.filename).name}:{where.lineno})"


@dataclass(frozen=True, eq=False)
class Checker:
    """A rule with its check."""

    rule: Rule
    record: Record = field(default_factory=Record)

    @cached_property
    def _pair(self) -> tuple[Check, tuple[type, ...]]:
        return (match.check, (Call,)) if self.rule.match is not None else _check_of(self.rule.id)

    @property
    def check(self) -> Check:
        """The function that reports."""
        return self._pair[0]

    @property
    def subjects(self) -> tuple[type, ...]:
        """What it looks at: one or more of `SUBJECTS`."""
        return self._pair[1]

    @cached_property
    def calls(self) -> tuple[str, ...]:
        """For checks of calls: the dotted names or `.methods` looked at."""
        return match.called_names(self.rule) if self.rule.match is not None else self.rule.calls


@dataclass(frozen=True, eq=False)
class RuleSet:
    """The rules of one review, sorted by what they look at. Make it once; it remembers what it has sorted."""

    rules: tuple[Rule, ...]
    _tables: dict[frozenset[str], RuleTable] = field(default_factory=dict)

    @cached_property
    def _checkers(self) -> tuple[Checker, ...]:
        return tuple(Checker(rule) for rule in self.rules if is_paired(rule))

    def take_seconds(self) -> dict[str, float]:
        """The seconds that the checks of rules took since this was last asked, by rule id."""
        taken = {
            checker.rule.id: checker.record.seconds for checker in self._checkers if checker.record.seconds
        }
        for checker in self._checkers:
            checker.record.seconds = 0.0
        return taken

    def errors(self) -> dict[str, str]:
        """The last errors of the checks that have raised one, or that cannot be loaded, by rule id."""
        return {checker.rule.id: checker.record.error for checker in self._checkers if checker.record.error}

    @cached_property
    def ids(self) -> frozenset[str]:
        """The ids of the rules."""
        return frozenset(rule.id for rule in self.rules)

    def for_libraries(self, libraries: frozenset[str]) -> RuleTable:
        """The checks that concern a file which imports these libraries (root names)."""
        roots = libraries | {public(name).partition(".")[0] for name in libraries}
        if roots not in self._tables:
            self._tables[roots] = RuleTable(
                tuple(
                    checker
                    for checker in self._checkers
                    if (not checker.rule.libraries or not roots.isdisjoint(checker.rule.libraries))
                    and _can_be_loaded(checker)
                )
            )
        return self._tables[roots]


def _can_be_loaded(checker: Checker) -> bool:
    """Whether a rule's check is there; one that is broken is logged and must not end the review by the others."""
    try:
        return bool(checker.subjects)
    except Exception as error:
        log.exception("the check of %s cannot be loaded", checker.rule.id)
        checker.record.note(error)
        return False


@dataclass(frozen=True, eq=False)
class RuleTable:
    """The checks that concern one file."""

    checkers: tuple[Checker, ...]

    @cached_property
    def by_call(self) -> dict[str, tuple[Checker, ...]]:
        """Checks of calls by the last part of the names they look at; `` holds those that look at all calls."""
        found: dict[str, dict[Checker, None]] = {}
        for checker in self.checkers:
            if Call in checker.subjects:
                for name in checker.calls or ("",):
                    found.setdefault(name.rpartition(".")[2], {})[checker] = None
        return {last: tuple(checkers) for last, checkers in found.items()}

    def of(self, subject: type, words: frozenset[str]) -> list[Checker]:
        """The checks of a subject that concern a text which holds these words, in the order of the rules."""
        by_word = self._by_word.get(subject, {})
        found = set(by_word.get("", ()))
        found.update(*(by_word[word] for word in by_word.keys() & words))
        checkers = self._by_subject.get(subject, [])
        return [checkers[position] for position in sorted(found)]

    def looks_at(self, subject: type) -> bool:
        """Whether any check looks at that subject."""
        return subject in self._by_subject

    def words_of(self, subject: type) -> frozenset[str]:
        """The words that the checks of a subject look for."""
        return frozenset(word for checker in self._by_subject.get(subject, ()) for word in checker.rule.words)

    @cached_property
    def _by_word(self) -> dict[type, dict[str, list[int]]]:
        """Where in `_by_subject` the checks stand that look for a word; under `` those that look for none."""
        found: dict[type, dict[str, list[int]]] = {}
        for subject, checkers in self._by_subject.items():
            for position, checker in enumerate(checkers):
                for word in checker.rule.words or ("",):
                    found.setdefault(subject, {}).setdefault(word, []).append(position)
        return found

    @cached_property
    def _by_subject(self) -> dict[type, list[Checker]]:
        found: dict[type, list[Checker]] = {}
        for checker in self.checkers:
            for subject in checker.subjects:
                found.setdefault(subject, []).append(checker)
        return found
