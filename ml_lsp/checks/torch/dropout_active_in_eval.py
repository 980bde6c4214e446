"""See rules/torch/dropout-active-in-eval.yaml."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import add_argument
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.reach import callers
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.statements import comment_near
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.torch.forwards import depends_on_training, is_asked_for, is_called_here, module_around
from ml_lsp.semantics.torch.objects import enclosing_class
from ml_lsp.semantics.types import arguments_of, own_class_of
from ml_lsp.semantics.values import Attr, Const, Param, Result, Value, options, walk
from ml_lsp.text import Edit

_ON_PURPOSE = re.compile(
    r"mc|always|inference|pre_?net|bayes|uncertain|stochastic|even (?:in|when|at)", re.IGNORECASE
)
# Words anywhere in a class that say why `training=True` is written out.
_SAMPLED = re.compile(
    r"mc|monte|bayes|bnn|uncertain|stochastic|sampl|ensembl|always|inference|pre_?net", re.IGNORECASE
)


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report dropout in a module that pays no heed to its mode."""
    around = depends_on_training(call.scope, call.block)
    if is_test_code(call.scope) or around or _is_on_purpose(call) or is_asked_for(call.scope, call.block):
        return
    if not module_around(call.scope):
        runs = _runs(call.scope)
        if not runs or call.name in rule.data["layers"]:
            return
        if any(depends_on_training(run.scope, run.block) or _is_on_purpose(run) for run in runs):
            return
    if call.name in rule.data["functions"]:
        yield from _functional(call, rule, "")
    elif call.name in rule.data["never"]:
        yield from _functional(call, rule, rule.data["messages"]["never"])
    elif call.name in rule.data["attention"]:
        yield from _attention(call, rule)
    elif _is_run_here(call) and _drops(call, 0, "p"):
        yield rule.finding(call.span, message=rule.data["messages"]["made"])


def _runs(scope: Scope) -> list[Call]:
    """The calls of a function outside of classes, if only modules make them; else none."""
    if scope.parent is None or not scope.parent.is_module_level:
        return []
    found = callers(scope) or []
    return found if all(module_around(call.scope) for call in found) else []


def _is_run_here(call: Call) -> bool:
    """Whether a new layer is called where it is made, and told no mode."""
    if call.scope.call_with(call.node) is not None:
        return True
    modes = [other.receiver for other in call.scope.calls if other.method in ("train", "eval")]
    told = any(one is not None and one.site is not None and one.site.node is call.node for one in modes)
    return is_called_here(call) and not told


def _functional(call: Call, rule: Rule, message: str) -> Iterator[Finding]:
    if not _drops(call, 1, "p"):
        return
    owner, given = call.scope.self_name, call.argument(2, "training")
    edits: list[Edit] = []
    if call.lacks(2, "training"):
        edits = [add_argument(call, f"training={owner}.training")] if owner else []
    elif message or not (isinstance(given, ast.Constant) and given.value is True) or _is_sampled(call):
        return
    elif owner:
        edits = [Edit(call.scope.span(given), f"{owner}.training")]
        message = rule.data["messages"]["told"]
    yield rule.finding(call.span, edits=edits, message=message, title="Pass the module's mode")


def _is_sampled(call: Call) -> bool:
    """Whether the class around says that it draws several outputs for one input; functions may do so."""
    own = enclosing_class(call.scope)
    pieces = {method.piece: method for method in own.methods.values()} if own is not None else {}
    return own is None or any(_SAMPLED.search(method.tree.text) for method in pieces.values())


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
    if isinstance(share, Param) and share.name != call.scope.self_name:
        return _is_fixed_by_callers(call.scope, share)
    root = share
    while isinstance(root, Attr):
        own = own_class_of(call.scope, root.owner)
        if own is not None and not _is_set_once(call, own_name=root.name):
            return False
        root = root.owner
    return isinstance(share, Attr) and isinstance(root, Param) and root.name == call.scope.self_name


def _is_fixed_by_callers(scope: Scope, share: Param) -> bool:
    """Whether all who call a function outside of classes give it a share that is set once."""
    given: list[tuple[Call, Value | None]] = []
    for call in _runs(scope):
        arguments = arguments_of(scope, call.value) if isinstance(call.value, Result) else {}
        given.append((call, next((value for key, value in arguments.items() if key == share), None)))
    return bool(given) and all(
        value is not None and all(_is_fixed(call, option) for option in options(value))
        for call, value in given
    )


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
