"""What checkpoints hold that `torch.load` refuses with `weights_only=True`, its default since torch 2.6."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.semantics import library
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.semantics.mentioning import calls_mentioning
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.statements import nodes
from ml_lsp.semantics.testcode import is_test_path
from ml_lsp.semantics.types import is_a, own_class_of
from ml_lsp.semantics.values import Attr, Const, Display, Param, Ref, Result, Value, identity, options
from ml_lsp.syntax.trees import own_name

# What calls of these return cannot be read by default (run on torch 2.13) ...
_REFUSED = ("numpy.", "datetime.", "pathlib.Path", "collections.defaultdict", "omegaconf.")
# ... unless they return plain values.
_PLAIN = frozenset({
    "shape", "ndim", "size", "array2string", "array_str", "isscalar", "issubdtype", "iterable", "to_container",
    "to_yaml", "is_config",
})  # fmt: skip
# The keys under which a program keeps how it was called.
_CONFIGURATIONS = frozenset({
    "config", "cfg", "conf", "configuration", "args", "opt", "opts", "options", "hparams", "hyperparameters", "settings",
})  # fmt: skip
# What programs call their own functions around torch.save.
_SAVING = ("save_checkpoint", "save_model", "save_state")
_PARSER = "argparse.ArgumentParser"


def refused_contents(load: Call) -> Iterator[tuple[Call, str]]:
    """What torch.load refuses by default in the files that the same module saves to the same path, or with the keys read.

    By name, with the call that saves it; nothing if another file may be meant that holds tensors only.
    """
    path, keys = load.argument_value(0, "f"), _read_keys(load)
    saves = [save for save in _saves(load.scope.inquiry) if save.argument_value(0, "obj") is not None]
    same = [save for save in saves if path is not None and _is_same_path(save.argument_value(1, "f"), path)]
    if not same and len(keys) > 1:
        same = [save for save in saves if keys <= _keys(save.argument_value(0, "obj"))]
    if not all(any(_bad_keys(save)) for save in same):
        return  # which of them wrote the file that is loaded cannot be told
    for save in same:
        yield from ((save, name) for name in _bad_keys(save))


def may_hold_objects(load: Call) -> bool:
    """Whether the project saves, with the keys read of what is loaded, a configuration of a type that cannot be told.

    It may be a dict, and as well an object of the project's own class, which `weights_only=True` refuses. The saving
    code often lies in another module, a trainer's, and the path says nothing: it comes from a command line.
    """
    keys, inquiry = _read_keys(load), load.scope.inquiry
    return bool(keys) and any(keys <= _keys(saved) and _may_hold_object(saved) for saved in _saved(inquiry))


def _saved(inquiry: Inquiry) -> Iterator[Display]:
    """The dicts that the project hands to torch.save or a function of its own around it; tests are left out."""
    yield from _saved_here(inquiry)
    for module in inquiry.modules("torch.save", *_SAVING):
        other = inquiry.at(module.path) if not is_test_path(module.path) else None
        if other is not None and other is not inquiry:
            yield from _saved_here(other)


def _saved_here(inquiry: Inquiry) -> Iterator[Display]:
    for call in calls_mentioning(inquiry, "save", *_SAVING):
        if call.name == "torch.save" or own_name(call.node.func) in _SAVING:
            values = (call.scope.value(node) for node in call.node.args)
            yield from (value for value in values if isinstance(value, Display) and value.kind == "dict")


def _may_hold_object(saved: Display) -> bool:
    return any(
        isinstance(key, Const) and key.value in _CONFIGURATIONS and isinstance(one, Param | Attr)
        for key, value in zip(saved.keys, saved.items, strict=True)
        for one in options(value)
    )


def _saves(inquiry: Inquiry) -> Iterator[Call]:
    return (call for call in calls_mentioning(inquiry, "save") if call.name == "torch.save")


def _read_keys(load: Call) -> frozenset[object]:
    """The keys that the function reads of what it loads: `state["model"]`."""
    loaded = identity(load.value)
    return frozenset(
        node.slice.value
        for node in nodes(load.scope)
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Constant)
        if isinstance(node.ctx, ast.Load) and identity(load.scope.value(node.value)) == loaded
    )


def _keys(saved: Value | None) -> frozenset[object]:
    keys = saved.keys if isinstance(saved, Display) else ()
    return frozenset(key.value for key in keys if isinstance(key, Const))


def _is_same_path(one: Value | None, other: Value) -> bool:
    constant = isinstance(one, Const | Attr) or (one is not None and one.site is None)
    return constant and one is not None and identity(one) == identity(other)


def _bad_keys(save: Call) -> Iterator[str]:
    scope, saved = save.scope, save.argument_value(0, "obj")
    if saved is not None and is_a(scope, saved, library.MODULE, library.OPTIMIZER):
        yield "a module or optimizer"
    elif isinstance(saved, Display) and saved.kind == "dict":
        for key, value in zip(saved.keys, saved.items, strict=True):
            if isinstance(key, Const) and _is_refused(scope, value):
                yield str(key.value)


def _is_refused(scope: Scope, value: Value) -> bool:
    """Whether a value is certainly none that torch.load reads by default."""
    match value:
        case Result(Ref(name)) if name.startswith(_REFUSED):
            return name.rpartition(".")[2] not in _PLAIN
        case Result(Attr(Result(Ref(parser)), method)) if parser == _PARSER:
            return method.startswith("parse")
    if is_a(scope, value, library.MODULE, library.OPTIMIZER, library.SCHEDULER):
        return True
    return own_class_of(scope, value) is not None and not is_a(scope, value, library.TENSOR)
