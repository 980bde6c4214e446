"""Code that certainly runs several times in one run of the program: in a loop, or called again and again."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.semantics.body import is_loop, loop_around
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.callers import find_callers
from ml_lsp.semantics.mentioning import calls_mentioning
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.torch.training import exclude_each_other
from ml_lsp.semantics.values import Global

_DEEPEST = 2


def is_optional(call: Call) -> bool:
    """Whether a condition, an earlier return or a `break` decides if a call runs, or runs again."""
    if any(isinstance(block.node, ast.If | ast.Match | ast.Try) for block in call.block.chain()):
        return True
    around, start = loop_around(call), call.scope.tree.span(call.node).start
    if around is not None and any(isinstance(node, ast.Break) for node in ast.walk(around.node)):
        return True
    ends = (node for node in call.scope.flow.blocks if isinstance(node, ast.Return | ast.Continue))
    return any(call.scope.tree.span(node).end <= start for node in ends)


def recurs(call: Call) -> bool:
    """Whether a call certainly runs several times: it stands in a loop, or its function is called repeatedly."""
    return not is_optional(call) and (_is_in_loop(call) or is_called_repeatedly(call.scope))


def is_called_repeatedly(scope: Scope) -> bool:
    """Whether a function is called in a loop, or twice by the same code, itself or through another function.

    Tests do not count.
    """
    if not scope.is_function or scope.decorators:
        return False
    found = [call for call in runs_of(scope) if call.scope is not scope and not is_test_code(call.scope)]
    led = [tuple(_leading_to(call)) for call in found]
    if any(_is_in_loop(one) and not is_optional(one) for calls in led for one in calls):
        return True
    return any(
        _are_both_made(one, two)
        for index, calls in enumerate(led)
        for one in calls
        for others in led[:index]
        for two in others
    )


def _is_in_loop(call: Call) -> bool:
    return any(is_loop(block.node) and block.arm != "else" for block in call.block.chain())


def _leading_to(call: Call, deepest: int = _DEEPEST) -> Iterator[Call]:
    """A call, and the calls that certainly lead to it."""
    yield call
    scope = call.scope
    if deepest and scope.is_function and not scope.decorators and not is_optional(call):
        for before in runs_of(scope):
            if before.scope is not scope and not is_optional(before) and not is_test_code(before.scope):
                yield from _leading_to(before, deepest - 1)


def _are_both_made(one: Call, two: Call) -> bool:
    same = one.scope in two.scope.together() and one.node is not two.node
    return same and not exclude_each_other(one.block, two.block)


def runs_of(scope: Scope) -> list[Call]:
    """The calls that run a function; for a constructor, those that make an object. None where not all are seen."""
    if scope.name == "__init__" and scope.owner is not None:
        return list(_constructions(scope, scope.owner.name))
    return find_callers(scope) or []


def _constructions(scope: Scope, name: str) -> Iterator[Call]:
    for inquiry in (scope.inquiry, *scope.inquiry.importers()):
        for call in calls_mentioning(inquiry, name):
            if isinstance(call.callee, Global) and call.callee.name == name:
                yield call
