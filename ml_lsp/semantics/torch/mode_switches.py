"""Training and evaluation mode: who switches a module, and which modules care."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ml_lsp.semantics import library
from ml_lsp.semantics.classes import Class
from ml_lsp.semantics.reach import Act
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.torch.activations import sequential_layers
from ml_lsp.semantics.torch.instances import constructions
from ml_lsp.semantics.torch.objects import unwrapped
from ml_lsp.semantics.types import class_of, own_class_of
from ml_lsp.semantics.values import Const, Ref, Result, Star, Value

# Layers of torch.nn whose output depends on the mode; recurrent layers and attention only if they drop.
_MODE_LAYERS = re.compile(r"torch\.nn\.(?:\w*Dropout\dd|\w*Dropout|\w*BatchNorm\w*|InstanceNorm\w*|RReLU)\Z")
_DROPPING_LAYERS = re.compile(r"torch\.nn\.(?:RNN|LSTM|GRU|MultiheadAttention|Transformer\w*)\Z")
_DEEPEST = 6


def switched_off(act: Act) -> Value | None:
    """The module that a call puts into evaluation mode, in terms of the body: `model.eval()`."""
    call = act.call
    if call.method == "eval" and not call.node.args and not call.node.keywords:
        return act.receiver
    if call.method == "train" and call.constant(0, "mode") is False:
        return act.receiver
    return None


def may_switch_on(act: Act) -> bool:
    """Whether a call may put a module into training mode: `model.train()`, `model.train(was)`."""
    return act.call.method == "train" and act.call.constant(0, "mode") is not False


def is_mode_free(scope: Scope, module: Value, depth: int = _DEEPEST) -> bool:
    """Whether all layers of a module are known and none does anything else in training mode."""
    module = unwrapped(module)
    found = class_of(scope, module)
    if depth == 0:
        return False
    if isinstance(found, Ref):
        made = constructions(scope, module)
        return bool(made) and all(_is_mode_free_layer(scope, one, depth - 1) for one in made)
    own = own_class_of(scope, module)
    return own is not None and not own.has_unknown_base and _is_mode_free_class(own, depth - 1)


def _is_mode_free_layer(scope: Scope, made: Result, depth: int) -> bool:
    name = made.callee.name if isinstance(made.callee, Ref) else ""
    if not name.startswith("torch.nn."):
        return False
    if name == "torch.nn.Sequential":
        layers = sequential_layers(made)
        return layers is not None and all(
            not isinstance(layer, Star) and is_mode_free(scope, layer, depth) for layer in layers
        )
    drops = made.keyword("dropout") not in (None, Const(0), Const(0.0)) or "Transformer" in name
    return not _MODE_LAYERS.match(name) and not (drops and _DROPPING_LAYERS.match(name))


def _is_mode_free_class(own: Class, depth: int) -> bool:
    for one in own.lineage():
        for method in one.methods.values():
            if "training" in method.words:
                return False
        init = one.methods.get("__init__")
        kept = {node.attr for node in _stores(init)} if init is not None else set()
        if not all(_is_harmless(one, value, depth) for name in kept for value in own.attribute_values(name)):
            return False
    return True


def _stores(scope: Scope) -> Iterator[ast.Attribute]:
    for event in scope.flow.events:
        if event.kind == "store" and isinstance(event.node, ast.Attribute):
            yield event.node


def _is_harmless(own: Class, value: Value, depth: int) -> bool:
    if isinstance(value, Const):
        return True
    scope = value.site.scope if value.site is not None else own.scope
    found = class_of(scope, value)
    if isinstance(found, Ref) and not library.is_a(found.name, library.MODULE):
        return True
    return is_mode_free(scope, value, depth)
