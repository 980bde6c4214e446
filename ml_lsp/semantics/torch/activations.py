"""What a tensor comes out of: the activation or layer that made it, seen through steps that keep values."""

from __future__ import annotations

import ast
from collections.abc import Iterable
from dataclasses import dataclass

from ml_lsp.semantics import library
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.targets import target
from ml_lsp.semantics.torch.instances import constructions
from ml_lsp.semantics.torch.objects import unwrapped
from ml_lsp.semantics.types import class_of, is_a
from ml_lsp.semantics.values import (
    Attr,
    Const,
    Display,
    Either,
    Item,
    Op,
    Ref,
    Result,
    Site,
    Star,
    Value,
    identity,
)

_DEEPEST = 12

# Steps that change shape, precision or place, and no value.
NEUTRAL_METHODS = frozenset({
    "view", "view_as", "reshape", "reshape_as", "permute", "transpose", "t", "squeeze", "unsqueeze",
    "flatten", "unflatten", "contiguous", "float", "double", "half", "bfloat16", "to", "type", "type_as",
    "cuda", "cpu", "expand", "expand_as", "clone", "detach", "swapaxes", "movedim", "index_select", "narrow",
})  # fmt: skip
_NEUTRAL_FUNCTIONS = frozenset(
    f"torch.{name}"
    for name in (
        "squeeze",
        "unsqueeze",
        "flatten",
        "reshape",
        "permute",
        "transpose",
        "t",
        "clone",
        "swapaxes",
    )
)
_NEUTRAL_LAYERS = frozenset({"torch.nn.Flatten", "torch.nn.Unflatten", "torch.nn.Identity"})
# Methods of tensors that are named like functions and layers, with the most arguments they take.
_TENSOR_ACTIVATIONS = {"sigmoid": 0, "tanh": 0, "relu": 0, "exp": 0, "softmax": 1, "log_softmax": 1}
_GROWS = frozenset({"append", "extend", "insert", "add_module", "register_module"})


@dataclass(frozen=True, eq=False)
class Maker:
    """The activation or layer that a tensor comes out of.

    `name` is `torch.softmax`, `.sigmoid` (a method), `torch.nn.Linear` (the layer's class). `applied` is the
    call that yields the tensor, None for a layer inside a Sequential; `layer` is the layer as constructed.
    """

    name: str
    applied: Result | None
    layer: Result | None = None

    @property
    def site(self) -> Site | None:
        """Where it stands: the layer inside its Sequential, else the call."""
        value = self.applied or self.layer
        return value.site if value is not None else None

    @property
    def fed(self) -> ast.expr | None:
        """The expression that the activation is applied to."""
        site = self.applied.site if self.applied is not None else None
        if site is None or not isinstance(site.node, ast.Call):
            return None
        call = site.node
        if self.name.startswith(".") and isinstance(call.func, ast.Attribute):
            return call.func.value
        if call.args:
            return None if isinstance(call.args[0], ast.Starred) else call.args[0]
        return next((keyword.value for keyword in call.keywords if keyword.arg in ("input", "self")), None)


def makers(scope: Scope, value: Value, depth: int = _DEEPEST) -> tuple[Maker, ...]:
    """What a tensor may come out of, on all ways; nothing if it cannot be told on one of them."""
    if depth == 0:
        return ()
    match value:
        case Either(found):
            return _all_of(scope, found, depth)
        case Item(owner, index):
            parts = _returned_parts(scope, owner, index)
            return makers(scope, owner, depth - 1) if parts is None else _all_of(scope, parts, depth)
        case Result(Ref(name), args):
            if name in _NEUTRAL_FUNCTIONS:
                first = args[0] if args else value.keyword("input")
                return makers(scope, first, depth - 1) if first is not None else ()
            return (Maker(name, value),)
        case Result():
            return _of_call(scope, value, depth)
    return ()


def _all_of(scope: Scope, values: Iterable[Value], depth: int) -> tuple[Maker, ...]:
    found: list[Maker] = []
    for value in values:
        made = makers(scope, value, depth - 1)
        if not made:
            return ()
        found += made
    return tuple(found)


def _returned_parts(scope: Scope, owner: Value, index: Value) -> list[Value] | None:
    """The element of what calling a function or module of this file returns; None for other values."""
    if not isinstance(owner, Result):
        return None
    function = target(scope, unwrapped(owner.callee))
    if function is None:
        return None
    returned = function.returned
    parts: list[Value] = []
    for option in returned.options if isinstance(returned, Either) else (returned,):
        if isinstance(option, Display):
            part = option.get(index.value) if isinstance(index, Const) else None
            parts.append(part if part is not None else Op("part", ()))
        else:
            parts.append(Item(option, index))
    return parts


def _of_call(scope: Scope, value: Result, depth: int) -> tuple[Maker, ...]:
    callee = unwrapped(value.callee)
    function = target(scope, callee)
    if function is not None:
        return makers(function, function.returned, depth - 1)
    if isinstance(callee, Attr) and class_of(scope, callee) is None and not constructions(scope, callee):
        return _of_method(scope, value, callee, depth)
    made = constructions(scope, callee)
    found: list[Maker] = []
    for layer in made:
        if _layer_name(layer) in _NEUTRAL_LAYERS:
            inside = makers(scope, value.args[0], depth - 1) if value.args else ()
        else:
            inside = _of_layer(scope, layer, value, depth)
        if not inside:
            return ()
        found += inside
    return tuple(found)


def _of_method(scope: Scope, value: Result, callee: Attr, depth: int) -> tuple[Maker, ...]:
    if is_a(scope, callee.owner, library.MODULE):
        return ()
    if callee.name in NEUTRAL_METHODS:
        return makers(scope, callee.owner, depth - 1)
    most = _TENSOR_ACTIVATIONS.get(callee.name, -1)
    if len(value.args) <= most and all(isinstance(arg, Const) for arg in value.args):
        return (Maker(f".{callee.name}", value),)
    return ()


def _layer_name(layer: Value) -> str:
    return layer.callee.name if isinstance(layer, Result) and isinstance(layer.callee, Ref) else ""


def _of_layer(scope: Scope, layer: Result, applied: Result | None, depth: int) -> tuple[Maker, ...]:
    """What a layer's output comes out of: the layer, or the last one of a Sequential."""
    name = _layer_name(layer)
    if name != "torch.nn.Sequential":
        return (Maker(name, applied, layer),) if library.is_a(name, library.MODULE) else ()
    last = _last_layer(scope, layer)
    if last is None or depth == 0:
        return ()
    function = target(scope, unwrapped(last))
    if function is not None:
        return makers(function, function.returned, depth - 1)
    found: list[Maker] = []
    for made in constructions(scope, last):
        inside = _of_layer(scope, made, None, depth - 1)
        if not inside:
            return ()
        found += inside
    return tuple(found)


def _last_layer(scope: Scope, sequential: Result) -> Value | None:
    """The last layer of a Sequential that changes values; None if its layers are not all known."""
    layers = sequential_layers(sequential)
    if layers is None:
        return None
    for layer in reversed(layers):
        if _layer_name(layer) not in _NEUTRAL_LAYERS:
            return layer
    return None


def sequential_layers(sequential: Result) -> tuple[Value, ...] | None:
    """The layers of an `nn.Sequential(...)`, as far as known from its end; None if the end is open."""
    if sequential.keywords or _grows_later(sequential):
        return None
    args = sequential.args
    match args:
        case (Result(Ref("collections.OrderedDict"), (Display("list", pairs),)),):
            items = [pair.items[1] for pair in pairs if isinstance(pair, Display) and len(pair.items) == 2]
            return tuple(items) if len(items) == len(pairs) else None
        case (*_, Star(Display("list" | "tuple", items) as unpacked)):
            return None if _grows_later(unpacked) or any(isinstance(i, Star) for i in items) else items
        case (*_, Star()):
            return None
    return args


def _grows_later(container: Value) -> bool:
    """Whether something may be added to a list or Sequential after it was made."""
    site = container.site
    if site is None:
        return False
    statement = site.scope.statement_of(site.node)
    if isinstance(statement, ast.Assign) and statement.value is not site.node:
        inline = True  # written inside another expression: nobody can name it
    else:
        inline = not isinstance(statement, ast.Assign | ast.AnnAssign | ast.AugAssign)
    return not inline and any(_adds_to(scope, container, statement) for scope in _around(site.scope))


def _around(scope: Scope) -> tuple[Scope, ...]:
    return tuple(scope.owner.methods.values()) if scope.owner is not None else scope.together()


def _adds_to(scope: Scope, container: Value, statement: ast.stmt | None) -> bool:
    targets = getattr(statement, "targets", None) or [getattr(statement, "target", None)]
    names = {node.attr for node in targets if isinstance(node, ast.Attribute)}
    for event in scope.flow.events:
        match event.node:
            case ast.Call(func=ast.Attribute(value=owner, attr=method)) if method in _GROWS:
                pass
            case ast.AugAssign(target=owner):
                pass
            case _:
                continue
        if isinstance(owner, ast.Attribute) and owner.attr in names:
            return True
        if identity(scope.value(owner)) == identity(container):
            return True
    return False


def same_values(value: Value) -> Value:
    """A tensor below steps that change its shape, precision or place and none of its values."""
    for _ in range(_DEEPEST):
        match value:
            case Result(Attr(owner, name)) if name in NEUTRAL_METHODS:
                value = owner
            case Result(Ref(name), (first, *_)) if name in _NEUTRAL_FUNCTIONS:
                value = first
            case _:
                break
    return value
