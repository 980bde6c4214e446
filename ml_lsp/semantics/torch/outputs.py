"""What is a model's output and what is a target: the two sides of a loss."""

from __future__ import annotations

import re

from ml_lsp.semantics import library
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.torch.activations import NEUTRAL_METHODS
from ml_lsp.semantics.torch.objects import is_loader_name, is_model_name, is_module, last_name
from ml_lsp.semantics.types import is_a
from ml_lsp.semantics.values import Attr, Const, Either, Element, Item, Param, Ref, Result, Value

_CRITERION = re.compile(r"criterion|loss", re.IGNORECASE)
_TARGET = re.compile(r"(?:^|_)(?:y|targets?|labels?|gt|truth|ground_truth)(?:_true)?\Z", re.IGNORECASE)
_ACTIVATIONS = frozenset({"sigmoid", "softmax", "log_softmax", "tanh", "relu", "exp", "log"})
_DEEPEST = 12


def is_output(scope: Scope, value: Value, depth: int = _DEEPEST) -> bool:
    """Whether a value is what a module returned, whatever shape and activation it has been given since."""
    if depth == 0:
        return False
    match value:
        case Either(found):
            return all(is_output(scope, option, depth - 1) for option in found)
        case Item(owner, _) | Attr(owner, "logits"):
            return is_output(scope, owner, depth - 1)
        case Result(Ref(name), args) if args and _is_step(name):
            return is_output(scope, args[0], depth - 1)
        case Result(Attr(owner, name)) if name in NEUTRAL_METHODS or name in _ACTIVATIONS:
            return not is_module(scope, owner) and is_output(scope, owner, depth - 1)
        case Result(callee):
            return _is_model(scope, callee)
    return False


def _is_step(name: str) -> bool:
    module, _, last = name.rpartition(".")
    return module in ("torch", "torch.nn.functional") and (last in _ACTIVATIONS or last in NEUTRAL_METHODS)


def _is_model(scope: Scope, callee: Value) -> bool:
    if isinstance(callee, Ref):
        return False
    name = last_name(callee)
    if is_module(scope, callee):
        return not _CRITERION.search(name) and not is_a(scope, callee, library.METRIC)
    return is_model_name(name) and not _CRITERION.search(name)


def is_target(scope: Scope, value: Value, depth: int = _DEEPEST) -> bool:
    """Whether a value is a target that comes with a batch and not out of any computation."""
    if depth == 0:
        return False
    match value:
        case Either(found):
            return all(is_target(scope, option, depth - 1) for option in found)
        case Param(name=name):
            return bool(_TARGET.search(name))
        case Item(Element(of), Const(1)):
            return is_loader_name(last_name(of)) or is_a(scope, of, "torch.utils.data.DataLoader")
        case Item(owner, Const(str(key))) | Attr(owner, key):
            return bool(_TARGET.search(key)) and not isinstance(owner, Result)
        case Result(Attr(owner, name)) if name in NEUTRAL_METHODS or name == "long":
            return is_target(scope, owner, depth - 1)
        case Result(Ref("torch.autograd.Variable"), (inner, *_)):
            return is_target(scope, inner, depth - 1)
    return False
