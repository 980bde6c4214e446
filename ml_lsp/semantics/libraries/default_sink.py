"""Whether loguru's first sink, stderr, is still there when a program gets to a place."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ml_lsp.semantics.body import body_of
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.semantics.libraries.loguru import LEVELS, is_logger, is_set_outside
from ml_lsp.semantics.libraries.sinks import changes_of_sinks, removes_default
from ml_lsp.semantics.libraries.ways_in import Way, is_whole, ways_to
from ml_lsp.semantics.reach import acts
from ml_lsp.semantics.testcode import is_test_path
from ml_lsp.semantics.users import run_together
from ml_lsp.syntax.trees import own_name

_OFF = "LOGURU_AUTOINIT"
# Files that are not looked into have no such text.
_CHANGE = re.compile(r"log\w*\.(?:remove|configure)\(")


def has_default_sink(call: Call) -> bool:
    """Whether the first sink certainly is there when a call runs, and is not taken away right after it.

    Where the ways to the call are not all known, it is if nothing in the project takes it away.
    """
    inquiry = call.scope.inquiry
    if inquiry.project is not None and inquiry.project.files is None:
        return False
    if is_set_outside(inquiry, _OFF) or _is_removed_after(call):
        return False
    changes = list(_changes(inquiry))
    if not changes:
        return True
    ways = list(ways_to(call))
    told = {step.scope.inquiry.module.path for way in ways for step in way}
    others = [change for change in changes if change.scope.inquiry.module.path not in told]
    if not all(map(is_whole, ways)) or any(_is_removed_on_import(change, inquiry) for change in others):
        return False
    names = {change.scope.name for change in changes}
    return not any(_is_removed_on(way, names) for way in ways)


def _changes(inquiry: Inquiry) -> Iterator[Call]:
    """The calls of the project that may take the first sink away; tests are left out."""
    yield from _changes_of(inquiry)
    for module in inquiry.modules("remove", "configure"):
        if not is_test_path(module.path) and any(_CHANGE.search(piece.text) for piece in module.pieces):
            other = inquiry.at(module.path)
            if other is not None and other is not inquiry:
                yield from _changes_of(other)


def _is_removed_on_import(change: Call, inquiry: Inquiry) -> bool:
    """Whether a module takes the sink away as soon as it is imported, in a program that also runs another."""
    return _runs_on_import(change) and run_together(change.scope.inquiry, inquiry)


def _is_removed_on(way: Way, names: set[str]) -> bool:
    """Whether something on a way, before the call at its end, takes the sink away, or is called as what does."""
    for step in way:
        before = [one for one in body_of(step.scope).calls if one.when < step.when]
        if any(removes_default(act.call) or own_name(act.call.node.func) in names for act in acts(before)):
            return True
    last = way[-1].scope
    begun = {last.inquiry.module.path} if last.is_module_level else set()
    imported = [step.scope.inquiry for step in way if step.scope.inquiry.module.path not in begun]
    return any(_runs_on_import(change) for one in imported for change in _changes_of(one))


def _changes_of(inquiry: Inquiry) -> Iterator[Call]:
    return filter(removes_default, changes_of_sinks(inquiry))


def _runs_on_import(change: Call) -> bool:
    """Whether a module's own statements lead to a call, those apart that run when it is the program."""
    first = (way[-1] for way in ways_to(change))
    return any(one.scope.is_module_level and not _is_guarded(one) for one in first)


def _is_guarded(call: Call) -> bool:
    tests = [block.node.test for block in call.block.chain() if isinstance(block.node, ast.If)]
    return any("__main__" in call.scope.text(test) for test in tests)


def _is_removed_after(call: Call) -> bool:
    """Whether the code goes on with taking sinks away, before it logs anything."""
    for act in acts(one for one in body_of(call.scope).calls if one.when > call.when):
        if removes_default(act.call):
            return True
        receiver = act.call.receiver
        if act.call.method in LEVELS and receiver is not None and is_logger(act.call.scope, receiver):
            return False
    return False
