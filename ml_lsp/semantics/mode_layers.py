"""Train and eval mode: which modules behave differently in them, and whether one was switched."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ml_lsp.semantics import library
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.classes import Class
from ml_lsp.semantics.facts import facts
from ml_lsp.semantics.instances import constructions
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.targets import target
from ml_lsp.semantics.torch import unwrapped
from ml_lsp.semantics.types import own_class_of
from ml_lsp.semantics.values import Attr, Const, Display, Ref, Result, Star, Value, identity, walk

_MODE_LAYER = re.compile(r"torch\.nn\.(?:\w*Dropout\d?d?|\w*BatchNorm\d?d?|RReLU)\Z")
_MODE_FACTORY = re.compile(r"torchvision\.models\.|timm\.create_model\Z")
_DEEPEST = 6


def depends_on_mode(scope: Scope, value: Value, depth: int = _DEEPEST) -> bool:
    """Whether a module certainly holds a layer that trains and evaluates in different ways."""
    value = unwrapped(value)
    own = own_class_of(scope, value) if depth else None
    if own is not None:
        return own.is_a(library.MODULE) and _class_depends(own, depth - 1)
    return any(_layer_depends(scope, made, depth) for made in constructions(scope, value))


def _layer_depends(scope: Scope, made: Result, depth: int) -> bool:
    name = made.callee.name if isinstance(made.callee, Ref) else ""
    if _MODE_LAYER.match(name):
        return made.argument(0, "p") not in (Const(0), Const(0.0))
    if _MODE_FACTORY.match(name):
        return library.returned(name) is not None
    inside = _listed(made.args) if name == "torch.nn.Sequential" and depth else ()
    return any(depends_on_mode(scope, layer, depth - 1) for layer in inside)


def _listed(args: tuple[Value, ...]) -> Iterator[Value]:
    for arg in args:
        given = arg.of if isinstance(arg, Star) else arg
        yield from given.items if isinstance(given, Display) else (given,)


def _class_depends(own: Class, depth: int) -> bool:
    init = own.method("__init__")
    stores = init.flow.events if init is not None else ()
    names = {e.node.attr for e in stores if e.kind == "store" and isinstance(e.node, ast.Attribute)}
    return any(
        depends_on_mode(one.scope, one.scope.value(one.value), depth)
        for name in sorted(names)
        for one in own.assignments(name)
        if one.value is not None
    )


def may_be_in_eval_mode(call: Call, model: Value) -> bool:
    """Whether a module that is used by a call may have been switched to eval mode: seen, or out of sight."""
    if any(isinstance(part, Attr) and part.name in ("eval", "train") for part in walk(model)):
        return True
    if isinstance(model, Attr) or _comes_from_elsewhere(call.scope, model):
        return True
    found = identity(unwrapped(model))
    for scope in call.scope.together():
        for other in scope.calls:
            if other.method in ("eval", "train") and _is_called_on(other, found):
                return True
            if other.node is not call.node and _hands_on(other, found):
                return True
    return False


def _is_called_on(call: Call, found: object) -> bool:
    return call.receiver is not None and identity(unwrapped(call.receiver)) == found


def _comes_from_elsewhere(scope: Scope, model: Value) -> bool:
    """Whether the module is a parameter, or made by a function that may switch it."""
    value = unwrapped(model)
    if not isinstance(value, Result):
        return True
    function = target(scope, value.callee)
    return function is not None and "eval" in facts(function.inquiry.module.pieces[function.piece]).words


def _hands_on(call: Call, found: object) -> bool:
    """Whether a call passes the module to a function that may switch it: of another file, or saying eval."""
    value = call.value
    if not isinstance(value, Result):
        return False
    given = (*value.args, *(item for _, item in value.keywords))
    if not any(identity(unwrapped(arg)) == found for arg in given):
        return False
    if isinstance(call.callee, Ref):
        return not call.callee.name.startswith(("torch.", "builtins."))
    function = target(call.scope, call.callee)
    return function is None or "eval" in facts(function.inquiry.module.pieces[function.piece]).words
