"""The ways on which a program gets to a call: through which calls of functions, from where it starts."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.semantics.call import Call
from ml_lsp.semantics.libraries.commands import is_for_the_command_line
from ml_lsp.semantics.libraries.entry_points import script_of_function
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.torch.recurring import runs_of

_DEEPEST = 4

Way = tuple[Call, ...]
"""A call, a call of the function that it stands in, a call of the function around that, and so on."""


def ways_to(call: Call, deepest: int = _DEEPEST) -> Iterator[Way]:
    """The ways to a call, each as far back as it is known; tests are no way."""
    return _back((call,), deepest)


def is_whole(way: Way) -> bool:
    """Whether a way begins where a program does: in a module's own statements, or in a command."""
    first = way[-1].scope
    return first.is_module_level or _is_entry(first)


def _back(way: Way, deepest: int) -> Iterator[Way]:
    scope = way[-1].scope
    known = {step.scope.node for step in way}
    callers = runs_of(scope) if deepest and scope.is_function else []
    before = [one for one in callers if one.scope.node not in known and not is_test_code(one.scope)]
    if not before:
        yield way
    for one in before:
        yield from _back((*way, one), deepest - 1)


def _is_entry(scope: Scope) -> bool:
    if not scope.is_function or runs_of(scope):
        return False
    return is_for_the_command_line(scope) or script_of_function(scope.inquiry, scope.name) is not None
