"""The patterns that a rule page may state by itself. The list is closed: what needs more is a check."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from typing import Any

from ml_lsp import fixes
from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.values import Const
from ml_lsp.text import Edit

# call: the dotted names whose calls are looked at (one or a list)
# without_argument / argument + value: the keyword that must be absent / must have this constant value
# position: the 0-based position at which that argument may also be given
# add_argument: the text that the fix appends; replace_call: the dotted name that the fix calls instead


def called_names(rule: Rule) -> tuple[str, ...]:
    """The dotted names whose calls a rule with `match:` looks at."""
    call = (rule.match or {})["call"]
    return (call,) if isinstance(call, str) else tuple(call)


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report a call that fits the pattern of the rule's page."""
    pattern = rule.match or {}
    if not _fits(call, pattern):
        return
    span = call.callee_span
    if "argument" in pattern:
        node = call.argument(pattern.get("position"), pattern["argument"])
        span = call.scope.span(node) if node is not None else span
    yield rule.finding(span, edits=_edits(call, pattern), name=call.scope.text(call.node.func))


def _fits(call: Call, pattern: Mapping[str, Any]) -> bool:
    if "without_argument" in pattern and not call.lacks(pattern.get("position"), pattern["without_argument"]):
        return False
    if "argument" in pattern:
        node = call.argument(pattern.get("position"), pattern["argument"])
        if node is None:
            return False
        if "value" in pattern:
            value = call.argument_value(pattern.get("position"), pattern["argument"])
            return isinstance(value, Const) and _is_same(value.value, pattern["value"])
    return True


def _is_same(one: object, other: object) -> bool:
    """Whether two constants are the same; to Python `True` is 1, to who writes a page it is not."""
    return one == other and isinstance(one, bool) == isinstance(other, bool)


def _edits(call: Call, pattern: Mapping[str, Any]) -> Iterator[Edit]:
    if "add_argument" in pattern and not call.has_unpacking:
        yield fixes.add_argument(call, pattern["add_argument"])
    if "replace_call" in pattern:
        yield from _calling(call, pattern["replace_call"])


def _calling(call: Call, dotted: str) -> Iterator[Edit]:
    """Call another name; one of the same module is written as the old one was."""
    module, _, name = dotted.rpartition(".")
    function = call.node.func
    if isinstance(function, ast.Attribute) and call.scope.text(function.value) == module:
        yield fixes.replace_node(call.scope, function, f"{module}.{name}")
        return
    written, edits = fixes.add_import(call.scope.inquiry, module, name)
    yield fixes.replace_node(call.scope, function, written)
    yield from edits
