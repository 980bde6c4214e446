"""The units of a review (a piece, a class, a module, a notebook, a config file) and the checks of each."""

from __future__ import annotations

import ast
import logging
import time
from collections.abc import Iterable, Iterator
from typing import Any

from ml_lsp.finding import Finding
from ml_lsp.registry import Checker, RuleTable
from ml_lsp.semantics.body import Body, ModuleView, loops_of
from ml_lsp.semantics.body import Loop as LoopView
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.classes import Class
from ml_lsp.semantics.config_file import ConfigFile
from ml_lsp.semantics.facts import facts
from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.semantics.notebooks.notebook import Notebook
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.values import Ref, options

log = logging.getLogger(__name__)

SLICE_SECONDS = 0.004
"""How long a review looks at units before it gives everything else a turn."""


def piece_findings(inquiry: Inquiry, piece: int, table: RuleTable) -> Iterator[Finding]:
    """The findings of all checks that look at calls, loops, functions or inner classes of one piece."""
    words = facts(inquiry.module.pieces[piece]).words
    on_calls = {last: table.by_call[last] for last in _may_be_called(words, inquiry, table)}
    on_all = tuple(_of_all_calls(table.by_call.get("", ()), words, inquiry))
    on_bodies, on_loops, on_classes = (table.of(subject, words) for subject in (Body, LoopView, Class))
    if not (on_all or on_calls or on_bodies or on_loops or on_classes):
        return
    for scope in inquiry.piece_scope(piece).with_inner():
        for call in scope.calls if on_all or on_calls else ():
            yield from _run(on_all, call)
            yield from _call_findings(call, on_calls)
        for loop in loops_of(scope) if on_loops else ():
            yield from _run(on_loops, loop)
        if scope.is_function:
            yield from _run(on_bodies, Body((scope,)))
        for class_ in scope.inner_classes() if on_classes else ():
            yield from _run(on_classes, class_)


def class_findings(inquiry: Inquiry, header: int, table: RuleTable) -> Iterator[Finding]:
    """The findings of all checks that look at a top-level class."""
    name = inquiry.module.owner_name(header)
    pieces = inquiry.pieces("whole class", name) if name else ()
    words = frozenset[str]().union(*(facts(inquiry.module.pieces[piece]).words for piece in pieces))
    checkers = table.of(Class, words)
    if name is None or not checkers or pieces[:1] != (header,):
        return
    found = Class.of_pieces(inquiry, pieces)
    if found is not None:
        yield from _run(checkers, inquiry.classes.setdefault(name, found))


def module_findings(inquiry: Inquiry, table: RuleTable) -> Iterator[Finding]:
    """The findings of all checks that look at a module's top level or at the module as a whole."""
    view = ModuleView(inquiry)
    pieces = inquiry.pieces("top level")
    words = frozenset[str]().union(*(facts(inquiry.module.pieces[piece]).words for piece in pieces))
    on_bodies = table.of(Body, words)
    if on_bodies and view.top_level is not None:
        yield from _run(on_bodies, view.top_level)
    # Asked word by word, so that it is noticed when one appears.
    mentioned = [word for word in table.words_of(ModuleView) if inquiry.mentions(word)]
    yield from _run(table.of(ModuleView, frozenset(mentioned)), view)


def notebook_findings(notebook: Notebook, table: RuleTable) -> Iterator[Finding]:
    """The findings of all checks that look at a notebook as a whole."""
    if table.looks_at(Notebook):
        yield from _run(table.of(Notebook, notebook.inquiry.module.words), notebook)


def config_findings(file: ConfigFile, table: RuleTable) -> Iterator[tuple[Finding, ...]]:
    """The findings of the checks that look at a YAML, JSON or TOML file, check by check."""
    for checker in table.of(ConfigFile, file.words) if table.looks_at(ConfigFile) else ():
        yield tuple(_run([checker], file))


def _may_be_called(words: frozenset[str], inquiry: Inquiry, table: RuleTable) -> Iterator[str]:
    """The last parts of the dotted names that checks look for and a piece with these words may call."""
    wanted = table.by_call
    yield from wanted.keys() & words
    for last, names in inquiry.module.tables.imported_as.items():
        if last in wanted and not words.isdisjoint(names):
            yield last


def _of_all_calls(checkers: Iterable[Checker], words: frozenset[str], inquiry: Inquiry) -> Iterator[Checker]:
    """Of the checks that look at every call, those that concern a piece with these words."""
    for checker in checkers:
        rule = checker.rule
        here = not rule.words or not words.isdisjoint(rule.words)
        if here and (not rule.mentions or inquiry.may_use(rule.mentions)):
            yield checker


def _call_findings(call: Call, on_calls: dict[str, tuple[Checker, ...]]) -> Iterator[Finding]:
    names = _possible_names(call) if on_calls else ()
    candidates = {checker: None for last in names for checker in on_calls.get(last, ())}
    if not candidates:
        return
    called = {f".{call.method}", *_outside_names(call)}
    for checker in candidates:
        if not called.isdisjoint(checker.calls):
            yield from _run([checker], call)


def _possible_names(call: Call) -> set[str]:
    """The last parts that the dotted name of what is called can have."""
    func = call.node.func
    if isinstance(func, ast.Attribute):
        return {func.attr}
    if not isinstance(func, ast.Name):
        return set()
    scope: Scope = call.scope
    target = scope.inquiry.module.tables.imports.get(func.id, func.id)
    found = {func.id, target.rpartition(".")[2]}
    given_here = func.id in scope.flow.definitions or scope.inquiry.pieces("binds", func.id)
    if given_here or scope.inquiry.module.tables.stars:
        found |= {name.rpartition(".")[2] for name in _outside_names(call)}
    return found


def _outside_names(call: Call) -> set[str]:
    """The dotted names that what is called may have."""
    if not call.may_be_outside:
        return set()
    return {option.name for option in options(call.callee) if isinstance(option, Ref)}


def _run(checkers: Iterable[Checker], subject: Any) -> Iterator[Finding]:
    """The findings of checks on one subject; a check that raises is logged and skipped, its error noted."""
    for checker in checkers:
        started = time.perf_counter()
        try:
            yield from checker.check(subject, checker.rule)
        except Exception as error:
            log.exception("the check of %s failed", checker.rule.id)
            checker.record.note(error)
        finally:
            checker.record.seconds += time.perf_counter() - started
