"""Layers that follow each other, in a Sequential or in `forward`, and the sizes that they take and give."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from ml_lsp.semantics import library
from ml_lsp.semantics.body import Body
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.torch.activations import sequential_layers
from ml_lsp.semantics.torch.instances import constructions
from ml_lsp.semantics.torch.objects import enclosing_class
from ml_lsp.semantics.types import own_class_of
from ml_lsp.semantics.values import Attr, Const, Item, Op, Ref, Result, Value
from ml_lsp.syntax.trees import below_attributes

_DEEPEST = 12
_KEEPS_SIZE = re.compile(
    r"torch\.nn\.(?:(?:Leaky|P|R|C|S|E|G)?(?:ReLU6?|ELU)|SELU|CELU|GELU|SiLU|Mish|Hard\w+|Softplus|Softsign"
    r"|Softshrink|Softmax|LogSoftmax|Softmin|Tanh\w*|Sigmoid|LogSigmoid|Threshold|Identity|\w*Dropout\d?d?|LayerNorm)\Z"
)
_KEEPS_CHANNELS = re.compile(
    r"torch\.nn\.(?:(?:Adaptive)?(?:Avg|Max|LP)Pool\dd|Upsample|Upsampling\w+|\w*Pad\dd|InstanceNorm\dd)\Z"
)
_KEEPING_FUNCTIONS = re.compile(
    r"torch\.(?:nn\.functional\.)?(?:relu_?|relu6|leaky_relu|gelu|elu|selu|celu|silu|mish|tanh|sigmoid|softplus"
    r"|dropout|softmax|log_softmax|hardtanh|hardswish)\Z"
)
_POOLING_FUNCTIONS = re.compile(
    r"torch\.nn\.functional\.(?:adaptive_)?(?:max|avg)_pool\dd\Z|torch\.nn\.functional\.interpolate\Z"
)
_KEEPING_METHODS = frozenset(
    {"relu", "relu_", "tanh", "sigmoid", "contiguous", "float", "half", "to", "cuda"}
)


class Arguments(NamedTuple):
    """Where a layer states its sizes: position and name of what it takes, and of what it gives."""

    kind: str
    takes: tuple[int, str] | None
    gives: tuple[int, str]


_CONV = Arguments("channels", (0, "in_channels"), (1, "out_channels"))
_NORM = Arguments("channels", (0, "num_features"), (0, "num_features"))
_RECURRENT = Arguments("features", (0, "input_size"), (1, "hidden_size"))
_SIZES = {
    "torch.nn.Linear": Arguments("features", (0, "in_features"), (1, "out_features")),
    "torch.nn.Embedding": Arguments("features", None, (1, "embedding_dim")),
    "torch.nn.GroupNorm": Arguments("channels", (1, "num_channels"), (1, "num_channels")),
    **{f"torch.nn.{name}": _RECURRENT for name in ("LSTM", "GRU", "RNN")},
    **{f"torch.nn.{name}{n}d": _CONV for name in ("Conv", "ConvTranspose") for n in (1, 2, 3)},
    **{f"torch.nn.BatchNorm{n}d": _NORM for n in (1, 2, 3)},
}


@dataclass(frozen=True, eq=False)
class Layer:
    """A layer of `torch.nn`: `made` is the call that constructs it, in `scope`."""

    made: Result
    scope: Scope

    @property
    def name(self) -> str:
        """The dotted name of its class."""
        return self.made.callee.name if isinstance(self.made.callee, Ref) else ""

    @property
    def sizes(self) -> Arguments | None:
        """Where it states its sizes; None for layers that have none or are not known."""
        return _SIZES.get(self.name)

    def given(self, place: tuple[int, str] | None) -> Value | None:
        """The value of an argument of its constructor."""
        return self.made.argument(*place) if place is not None else None

    def flag(self, name: str) -> Value | None:
        """The value of an argument that is given by keyword."""
        return self.made.keyword(name)


@dataclass(frozen=True, eq=False)
class Pair:
    """Two layers of which the second takes what the first gives; `between` names what stands between them.

    `call` is the call of the second layer in `forward`, None in a Sequential.
    """

    first: Layer
    second: Layer
    between: tuple[str, ...]
    call: Call | None = None
    fed_by: Result | None = None


def number(scope: Scope, value: Value | None, depth: int = _DEEPEST) -> int | None:
    """The whole number that a value is, through attributes set once and arithmetic; None if not known."""
    if depth == 0:
        return None
    match value:
        case Const(int() as known) if not isinstance(known, bool):
            return known
        case Attr(owner, name):
            own = own_class_of(scope, owner)
            assigned = own.assignments(name) if own is not None else ()
            if len(assigned) != 1 or assigned[0].value is None:
                return None  # counted up, or set in several places
            return number(assigned[0].scope, assigned[0].scope.value(assigned[0].value), depth - 1)
        case Op("+" | "-" | "*" | "//" as symbol, (left, right)):
            one, two = number(scope, left, depth - 1), number(scope, right, depth - 1)
            if one is None or two is None or (symbol == "//" and two == 0):
                return None
            return {"+": one + two, "-": one - two, "*": one * two, "//": one // (two or 1)}[symbol]
    return None


# ------------------------------------------------------------------------------------------------- neighbours


def neighbours(body: Body) -> Iterator[Pair]:
    """The pairs of layers that follow each other in the Sequentials and in the layer calls of a body."""
    for call in body.calls:
        if call.name == "torch.nn.Sequential":
            yield from _in_sequential(call)
        elif call.node.args and _may_be_layer(call) and isinstance(call.callee, Attr):
            second, given = _layer(call.scope, call.callee), call.node.args[0]
            if second is not None and second.sizes is not None and _may_come_from_layer(call.scope, given):
                found = _producer(call.scope, call.scope.value(given), second.sizes.kind, ())
                if found is not None:
                    first, between, fed_by = found
                    yield Pair(first, second, between, call, fed_by)


def _may_be_layer(call: Call) -> bool:
    """Whether an attribute of a module is called in a method of it, and no method of a local object."""
    func, scope = call.node.func, call.scope
    if not isinstance(func, ast.Attribute) or _is_of_local(scope, func) or not scope.inquiry.may_use(_SIZES):
        return False
    owner = enclosing_class(scope)
    return owner is not None and owner.is_a(library.MODULE)


def _is_of_local(scope: Scope, method: ast.Attribute) -> bool:
    """Whether what a method is called on was made in the function itself."""
    first = below_attributes(method)
    if not isinstance(first, ast.Name):
        return True
    return any(definition.kind != "parameter" for definition in scope.flow.definitions.get(first.id, ()))


def _may_come_from_layer(scope: Scope, node: ast.expr) -> bool:
    """Whether a layer may have made what an expression is; cheaper than its value where none has."""
    for _ in range(_DEEPEST):
        match node:
            case ast.Name():
                load = scope.flow.loads.get(node)
                made = load.definitions[0] if load is not None and len(load.definitions) == 1 else None
                if made is None or made.kind != "assign" or made.path or made.value is None:
                    return True
                node = made.value
            case ast.Call(func=ast.Attribute(value=owner, attr=name) as method) if _is_of_local(
                scope, method
            ):
                if name not in _KEEPING_METHODS:
                    return False
                node = owner
            case _:
                return isinstance(node, ast.Call | ast.Subscript)
    return True


def _in_sequential(call: Call) -> Iterator[Pair]:
    value = call.value
    layers = sequential_layers(value) if isinstance(value, Result) else None
    first: Layer | None = None
    between: tuple[str, ...] = ()
    for made in layers or ():
        layer = Layer(made, call.scope) if isinstance(made, Result) and isinstance(made.callee, Ref) else None
        if layer is None:
            first, between = None, ()
        elif layer.sizes is not None:
            if first is not None:
                yield Pair(first, layer, between)
            first, between = layer, ()
        elif first is not None and _keeps(layer.name, first.sizes.kind if first.sizes else ""):
            between = (*between, layer.name)
        else:
            first, between = None, ()


def _keeps(name: str, kind: str) -> bool:
    return bool(_KEEPS_SIZE.match(name) or (kind == "channels" and _KEEPS_CHANNELS.match(name)))


def _layer(scope: Scope, callee: Value) -> Layer | None:
    """The only layer that an attribute holds."""
    made = constructions(scope, callee)
    if len(made) != 1 or made[0].site is None or not isinstance(made[0].callee, Ref):
        return None
    return Layer(made[0], made[0].site.scope) if made[0].callee.name.startswith("torch.nn.") else None


def _producer(
    scope: Scope, value: Value, kind: str, between: tuple[str, ...], depth: int = _DEEPEST
) -> tuple[Layer, tuple[str, ...], Result] | None:
    """The layer that a value comes out of through steps that keep its size, with those steps' names."""
    if depth == 0:
        return None
    match value:
        case Result(Ref(name), (first, *_)) if _KEEPING_FUNCTIONS.match(name):
            return _producer(scope, first, kind, (name, *between), depth - 1)
        case Result(Ref(name), (first, *_)) if kind == "channels" and _POOLING_FUNCTIONS.match(name):
            return _producer(scope, first, kind, (name, *between), depth - 1)
        case Item(Result() as output, Const(0)):
            found = _producer(scope, output, kind, between, depth - 1)
            return found if found is not None and found[0].sizes is _RECURRENT else None
        case Item(Item() as output, _) if _keeps_last(value):
            return _producer(scope, output, kind, between, depth - 1)
        case Result(Attr() as callee, args):
            layer = _layer(scope, callee)
            if layer is None:
                kept = callee.name in _KEEPING_METHODS
                return (
                    _producer(scope, callee.owner, kind, (callee.name, *between), depth - 1) if kept else None
                )
            if layer.sizes is not None:
                return layer, between, value
            if args and _keeps(layer.name, kind):
                return _producer(scope, args[0], kind, (layer.name, *between), depth - 1)
    return None


def _keeps_last(value: Item) -> bool:
    """Whether a subscript takes one step of a sequence and all of its features: `[:, -1]`, `[:, -1, :]`."""
    node = value.site.node if value.site is not None else None
    match node.slice if isinstance(node, ast.Subscript) else None:
        case ast.Tuple(elts=[ast.Slice(lower=None, upper=None), ast.Constant() | ast.UnaryOp(), *rest]):
            return all(isinstance(one, ast.Slice) and not (one.lower or one.upper) for one in rest)
    return False
