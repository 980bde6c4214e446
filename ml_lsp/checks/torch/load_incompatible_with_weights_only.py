"""See rules/torch/load-incompatible-with-weights-only.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.semantics import library
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.expected_errors import expects_an_error
from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.semantics.mentioning import calls_mentioning
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.statements import nodes
from ml_lsp.semantics.torch.loaded import is_used_as_module
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
    if any(here.mentions(word) for here in _with_packages(inquiry) for word in rule.data["answers"]):
        return
    messages = rule.data["messages"]
    if is_used_as_module(call):
        yield rule.finding(call.span, message=messages["module"])
        return
    for save, name in _refused(call, rule):
        related = [save.scope.related(save.node, "it is written here")]
        yield rule.finding(call.span, message=messages["content"], name=name, related=related)
        return


def _with_packages(inquiry: Inquiry) -> Iterator[Inquiry]:
    """A file and the packages that hold it, whose `__init__` has run before."""
    yield inquiry
    for folder in inquiry.module.path.parents:
        package = inquiry.at(folder / "__init__.py")
        if package is None:
            return
        yield package


def _refused(load: Call, rule: Rule) -> Iterator[tuple[Call, str]]:
    """What torch.load refuses in the files that the same module saves to the same path, or with the keys read here."""
    path, keys = load.argument_value(0, "f"), _read_keys(load)
    saves = [save for save in _saves(load) if save.argument_value(0, "obj") is not None]
    same = [save for save in saves if path is not None and _is_same_path(save.argument_value(1, "f"), path)]
    if not same and len(keys) > 1:
        same = [save for save in saves if keys <= _keys(save)]
    if not all(any(_bad_keys(save, rule)) for save in same):
        return  # which of them wrote the file that is loaded cannot be told
    for save in same:
        yield from ((save, name) for name in _bad_keys(save, rule))


def _saves(load: Call) -> Iterator[Call]:
    return (call for call in calls_mentioning(load.scope.inquiry, "save") if call.name == "torch.save")


def _read_keys(load: Call) -> frozenset[object]:
    """The keys that the function reads of what it loads: `state["model"]`."""
    loaded = identity(load.value)
    return frozenset(
        node.slice.value
        for node in nodes(load.scope)
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant)
        if isinstance(node.ctx, ast.Load) and identity(load.scope.value(node.value)) == loaded
    )


def _keys(save: Call) -> frozenset[object]:
    saved = save.argument_value(0, "obj")
    keys = saved.keys if isinstance(saved, Display) else ()
    return frozenset(key.value for key in keys if isinstance(key, Const))


def _is_same_path(one: Value | None, other: Value) -> bool:
    constant = isinstance(one, Const | Attr) or (one is not None and one.site is None)
    return constant and one is not None and identity(one) == identity(other)


def _bad_keys(save: Call, rule: Rule) -> Iterator[str]:
    scope, saved = save.scope, save.argument_value(0, "obj")
    if saved is not None and is_a(scope, saved, library.MODULE, library.OPTIMIZER):
        yield "a module or optimizer"
    elif isinstance(saved, Display) and saved.kind == "dict":
        for key, value in zip(saved.keys, saved.items, strict=True):
            if isinstance(key, Const) and _is_refused(scope, value, rule):
                yield str(key.value)


def _is_refused(scope: Scope, value: Value, rule: Rule) -> bool:
    """Whether a value is certainly none that torch.load reads by default."""
    match value:
        case Result(Ref(name)) if name.startswith(tuple(rule.data["refused"])):
            return name.rpartition(".")[2] not in rule.data["plain"]
        case Result(Attr(Result(Ref(parser)), method)) if parser == _PARSER:
            return method.startswith("parse")
    if is_a(scope, value, library.MODULE, library.OPTIMIZER, library.SCHEDULER):
        return True
    return own_class_of(scope, value) is not None and not is_a(scope, value, library.TENSOR)
