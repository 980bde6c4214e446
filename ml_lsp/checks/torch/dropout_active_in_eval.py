"""See rules/torch/dropout-active-in-eval.yaml."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import add_argument
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.forwards import depends_on_training, module_around
from ml_lsp.semantics.statements import comment_near
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.torch import enclosing_class
from ml_lsp.semantics.types import own_class_of
from ml_lsp.semantics.values import Attr, Const, Param, Value, options, walk
from ml_lsp.text import Edit

_ON_PURPOSE = re.compile(
    r"mc|always|inference|pre_?net|bayes|uncertain|stochastic|even (?:in|when|at)", re.IGNORECASE
)


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report dropout in a module that pays no heed to its mode."""
    if (
        not module_around(call.scope)
        or is_test_code(call.scope)
        or depends_on_training(call.scope, call.block)
    ):
        return
    if _is_on_purpose(call):
        return
    if call.name in rule.data["functions"]:
        yield from _functional(call, rule, "")
    elif call.name in rule.data["never"]:
        yield from _functional(call, rule, rule.data["messages"]["never"])
    elif call.name in rule.data["attention"]:
        yield from _attention(call, rule)
    elif call.scope.call_with(call.node) is not None and _drops(call, 0, "p"):
        yield rule.finding(call.span, message=rule.data["messages"]["made"])


def _functional(call: Call, rule: Rule, message: str) -> Iterator[Finding]:
    if call.lacks(2, "training") and _drops(call, 1, "p"):
        owner = call.scope.self_name
        edits = [add_argument(call, f"training={owner}.training")] if owner else []
        yield rule.finding(call.span, edits=edits, message=message, title="Pass the module's mode")


def _attention(call: Call, rule: Rule) -> Iterator[Finding]:
    node = call.argument(4, "dropout_p")
    if node is None or not _drops(call, 4, "dropout_p"):
        return
    text, owner = call.scope.text(node), call.scope.self_name
    simple = isinstance(node, ast.Constant | ast.Name | ast.Attribute) and owner is not None
    edits = [Edit(call.scope.span(node), f"{text} if {owner}.training else 0.0")] if simple else []
    message = rule.data["messages"]["attention"]
    yield rule.finding(call.scope.span(node), edits=edits, message=message, title="Drop only in training")


def _drops(call: Call, position: int, name: str) -> bool:
    """Whether the share that is dropped is a number other than 0, set once and whatever the mode."""
    value = call.argument_value(position, name)
    if value is None:
        return call.lacks(position, name)
    return all(_is_fixed(call, option) for option in options(value))


def _is_fixed(call: Call, share: Value) -> bool:
    if isinstance(share, Const):
        return isinstance(share.value, int | float) and share.value > 0
    if any(isinstance(part, Attr) and part.name == "training" for part in walk(share)):
        return False
    root = share
    while isinstance(root, Attr):
        own = own_class_of(call.scope, root.owner)
        if own is not None and not _is_set_once(call, own_name=root.name):
            return False
        root = root.owner
    return isinstance(share, Attr) and isinstance(root, Param) and root.name == call.scope.self_name


def _is_set_once(call: Call, own_name: str) -> bool:
    """Whether only the constructor sets an attribute of the class around, and not to 0."""
    own = enclosing_class(call.scope)
    if own is None or own.method(own_name) is not None:
        return False
    assigned = own.assignments(own_name)
    return bool(assigned) and all(
        one.scope.name == "__init__"
        and one.value is not None
        and one.scope.value(one.value) not in (Const(0), Const(0.0))
        for one in assigned
    )


def _is_on_purpose(call: Call) -> bool:
    """Whether a name or a comment says that dropout is wanted at inference."""
    own = enclosing_class(call.scope)
    said = (call.scope.name, own.name if own is not None else "", comment_near(call.scope, call.node))
    return any(_ON_PURPOSE.search(text) for text in said)
