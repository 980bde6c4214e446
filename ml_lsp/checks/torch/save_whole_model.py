"""See rules/torch/save-whole-model.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import replace_node
from ml_lsp.semantics import library
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.torch.objects import enclosing_class, unwrapped
from ml_lsp.semantics.torch.training import exclude_each_other
from ml_lsp.semantics.types import is_a
from ml_lsp.semantics.values import UNKNOWN, Attr, Display, Entered, Ref, Result, Value, identity, walk

# What these make brings its code along.
_SCRIPTS = ("torch.jit.", "torch.export.")
# Files that no other program sees.
_BUFFERS = ("io.BytesIO", "tempfile.SpooledTemporaryFile", "tempfile.TemporaryFile")


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report modules, optimizers and schedulers that are pickled as objects, alone or in a checkpoint."""
    node, value = call.argument(0, "obj"), call.argument_value(0, "obj")
    if node is None or value is None or is_test_code(call.scope) or _goes_to_memory(call):
        return
    if any(call.scope.inquiry.mentions(word) for word in rule.data["restructuring"]) or _is_a_choice(call):
        return
    if call.argument_value(2, "pickle_module") is not None or _is_one_of_two(call):
        return
    found = [given for given in _written_parts(node) if _is_object(call, call.scope.value(given))]
    if found:
        related = [call.scope.related(other, "pickled too") for other in found[1:]]
        edits = [replace_node(call.scope, one, f"{call.scope.text(one)}.state_dict()") for one in found]
        yield rule.finding(
            call.scope.span(found[0]), edits=edits, related=related, object=call.scope.text(found[0])
        )
    elif isinstance(value, Display) and any(_is_object(call, item) for item in value.items):
        yield rule.finding(call.scope.span(node), object=call.scope.text(node))


def _written_parts(node: ast.expr) -> list[ast.expr]:
    match node:
        case ast.Dict(values=values) | ast.Tuple(elts=values) | ast.List(elts=values):
            return [value for value in values if isinstance(value, ast.Name | ast.Attribute | ast.Call)]
        case ast.Name() | ast.Attribute() | ast.Call():
            return [node]
    return []


def _is_object(call: Call, value: Value) -> bool:
    """Whether a value is a module, optimizer or scheduler that pickle stores by the name of its class."""
    made = unwrapped(value)
    if any(isinstance(part, Ref) and part.name.startswith(_SCRIPTS) for part in walk(value)):
        return False
    return is_a(call.scope, made, library.MODULE, library.OPTIMIZER, library.SCHEDULER)


def _goes_to_memory(call: Call) -> bool:
    match call.argument_value(1, "f"):
        case Result(Ref(name)) | Entered(Result(Ref(name))):
            return name in _BUFFERS
    return False


def _is_a_choice(call: Call) -> bool:
    """Whether what is no such object is saved in another arm of the same statement."""
    others = (other for other in call.scope.calls if other.name == call.name)
    apart = (other for other in others if exclude_each_other(call.block, other.block))
    return any(not _is_object(other, other.argument_value(0, "obj") or UNKNOWN) for other in apart)


def _is_one_of_two(call: Call) -> bool:
    """Whether the same function saves the object's `state_dict()` in another file, or a method beside it does.

    Whoever saves or loads has the choice: `from_model(model)`, `from_state_dict(state)`.
    """
    around = enclosing_class(call.scope)
    if around is not None and any(
        name.endswith("_state_dict") and name != "load_state_dict" for name in around.methods
    ):
        return True
    whole = {identity(unwrapped(part)) for part in _parts(call)}
    weights = (
        part.callee.owner
        for other in call.scope.calls
        if other.name == call.name and other.argument_value(1, "f") != call.argument_value(1, "f")
        for part in _parts(other)
        if isinstance(part, Result) and isinstance(part.callee, Attr) and part.callee.name == "state_dict"
    )
    return any(identity(unwrapped(owner)) in whole for owner in weights)


def _parts(call: Call) -> tuple[Value, ...]:
    """What a call saves, one by one."""
    value = call.argument_value(0, "obj") or UNKNOWN
    return value.items if isinstance(value, Display) else (value,)
