"""See rules/torch/load-incompatible-with-weights-only.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.semantics import library
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.expected_errors import expects_an_error
from ml_lsp.semantics.loaded import is_used_as_module
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.types import is_a, own_class_of
from ml_lsp.semantics.values import Attr, Const, Display, Ref, Result, Value, identity
from ml_lsp.semantics.version_guards import is_version_guarded
from ml_lsp.semantics.versions import has_reached

_PARSER = "argparse.ArgumentParser"


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report loads of files that hold more than tensors, by what is done with them or by what wrote them."""
    inquiry = call.scope.inquiry
    if not (call.lacks(None, "weights_only") and call.lacks(2, "pickle_module")):
        return
    if not has_reached(inquiry.versions, "torch", rule.data["since"]) or expects_an_error(call):
        return
    if is_version_guarded(call.scope, call.node):
        return
    if any(inquiry.mentions(word) for word in rule.data["answers"]):
        return
    messages = rule.data["messages"]
    if is_used_as_module(call):
        yield rule.finding(call.span, message=messages["module"])
        return
    name = next(_refused(call), None)
    if name is not None:
        yield rule.finding(call.span, message=messages["content"], name=name)


def _refused(load: Call) -> Iterator[str]:
    """The keys of a dict which the same module saves to the same path with values that torch.load refuses."""
    path, inquiry = load.argument_value(0, "f"), load.scope.inquiry
    if path is None:
        return
    for piece in inquiry.pieces("mentions", "save"):
        for scope in inquiry.piece_scope(piece).with_inner():
            for call in scope.calls:
                target = call.argument_value(1, "f") if call.name == "torch.save" else None
                if target is not None and _is_same_path(target, path):
                    yield from _bad_keys(scope, call.argument_value(0, "obj"))


def _is_same_path(one: Value, other: Value) -> bool:
    constant = isinstance(one, Const | Attr) or one.site is None
    return constant and identity(one) == identity(other)


def _bad_keys(scope: Scope, saved: Value | None) -> Iterator[str]:
    if saved is None:
        return
    if is_a(scope, saved, library.MODULE, library.OPTIMIZER):
        yield "a module or optimizer"
    elif isinstance(saved, Display) and saved.kind == "dict":
        for key, value in zip(saved.keys, saved.items, strict=True):
            if isinstance(key, Const) and _is_refused(scope, value):
                yield str(key.value)


def _is_refused(scope: Scope, value: Value) -> bool:
    """Whether a value is certainly none that torch.load reads by default."""
    match value:
        case Result(Ref(name)) if name.startswith(("numpy.", "datetime.")):
            return not name.endswith(("array", "tolist"))
        case Result(Attr(Result(Ref(parser)), method)) if parser == _PARSER:
            return method.startswith("parse")
    if is_a(scope, value, library.MODULE, library.OPTIMIZER, library.SCHEDULER):
        return True
    return own_class_of(scope, value) is not None and not is_a(scope, value, library.TENSOR)
