"""Which tensors are certainly single numbers: reduced losses, means, what `backward()` is called on."""

from __future__ import annotations

import ast
import re

from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.statements import nodes
from ml_lsp.semantics.torch.instances import constructions
from ml_lsp.semantics.torch.objects import is_tensor
from ml_lsp.semantics.types import class_of
from ml_lsp.semantics.values import Attr, Const, Op, Ref, Result, Value, identity, options

_LOSS_CLASS = re.compile(r"torch\.nn\.\w+Loss\Z")
_LOSS_FUNCTION = re.compile(
    r"torch\.nn\.functional\.(?:cross_entropy|binary_cross_entropy(?:_with_logits)?|\w+_loss|kl_div)\Z"
)
_REDUCING = ("mean", "sum")
_OF_ELEMENTS = frozenset({"backward", "size", "view", "squeeze", "mean", "sum"})


def is_scalar(scope: Scope, node: ast.expr) -> bool:
    """Whether an expression is certainly a tensor without dimensions."""
    value = scope.value(node)
    if all(is_reduced(scope, option) for option in options(value)):
        return True
    target = identity(value)
    return any(
        call.method == "backward"
        and not (call.node.args or call.node.keywords)
        and call.receiver is not None
        and identity(call.receiver) == target
        for call in scope.calls
    )


def has_elements(scope: Scope, node: ast.expr) -> bool:
    """Whether code treats a tensor as one with dimensions, of whatever size.

    It takes an element for a tensor (`loss.data[0].item()`), asks for its size, or gives its `backward` a gradient.
    """
    target = identity(scope.value(node))
    for part in nodes(scope):
        match part:
            case ast.Attribute(value=ast.Subscript(value=ast.Attribute(value=owner, attr="data"))):
                found: ast.expr | None = owner
            case ast.Attribute(value=ast.Subscript(value=owner)) | ast.Attribute(value=owner, attr="shape"):
                found = owner
            case ast.Call(func=ast.Attribute(value=owner, attr=method), args=args) if method in _OF_ELEMENTS:
                found = owner if args or method != "backward" else None
            case _:
                continue
        if isinstance(found, ast.Name | ast.Attribute) and identity(scope.value(found)) == target:
            return True
    return False


def is_reduced(scope: Scope, value: Value) -> bool:
    """Whether a value is what a loss or a reduction over everything returns."""
    match value:
        case Attr(owner, "data"):
            return is_reduced(scope, owner)
        case Op("+" | "-" | "*" | "/" | "+=" | "/=" | "*=", (left, right)):
            sides = [side for side in (left, right) if not isinstance(side, Const)]
            return bool(sides) and all(is_reduced(scope, side) for side in sides)
        case Result(Ref(name)) if _LOSS_FUNCTION.match(name):
            return _reduces(value)
        case Result(Attr(owner, name), ()) if name in _REDUCING and not value.keywords:
            return is_tensor(scope, owner)
        case Result(callee):
            return _is_reducing_loss(scope, callee)
    return False


def is_mean(scope: Scope, value: Value) -> bool:
    """Whether a value is certainly a mean over its elements, as of a loss with its default reduction."""
    match value:
        case Result(Ref(name)) if _LOSS_FUNCTION.match(name):
            return _averages(value)
        case Result(Attr(owner, "mean"), ()) if not value.keywords:
            return is_tensor(scope, owner)
        case Result(callee):
            return _is_reducing_loss(scope, callee) and all(map(_averages, constructions(scope, callee)))
    return False


def _averages(made: Result) -> bool:
    return _reduces(made) and made.keyword("reduction") in (None, Const("mean")) and not _has_old_sum(made)


def _has_old_sum(made: Result) -> bool:
    return made.keyword("size_average") is not None


def _is_reducing_loss(scope: Scope, callee: Value) -> bool:
    found = class_of(scope, callee)
    if not isinstance(found, Ref) or not _LOSS_CLASS.match(found.name):
        return False
    made = constructions(scope, callee)
    return bool(made) and all(_reduces(one) for one in made)


def _reduces(made: Result) -> bool:
    """Whether a loss, by how it is called or constructed, returns one number."""
    if any(key is None for key, _ in made.keywords) or made.keyword("reduce") is not None:
        return False
    reduction = made.keyword("reduction")
    return reduction is None or reduction in (Const("mean"), Const("sum"))
