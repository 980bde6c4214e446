"""Keras models as built: the layers of a Sequential in order, and the layer that gives the output."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from ml_lsp.semantics import library
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.values import Const, Display, Ref, Result, Star, Value, identity

SEQUENTIAL, MODEL, LAYER = "keras.Sequential", "keras.Model", "keras.layers.Layer"


@dataclass(frozen=True, eq=False)
class Output:
    """The layer that gives a model's output."""

    layer: Result

    @property
    def class_name(self) -> str:
        """The dotted name of the layer's class."""
        return self.layer.callee.name if isinstance(self.layer.callee, Ref) else ""

    @property
    def units(self) -> int | None:
        """The number of outputs of a Dense layer; None if it is not known."""
        given = self.layer.argument(0, "units")
        return given.value if isinstance(given, Const) and isinstance(given.value, int) else None

    @property
    def activation(self) -> tuple[str, Value] | None:
        """The activation's name, "linear" if none is given, and what states it; None if it is not known."""
        given = self.layer.argument(1, "activation")
        if any(name is None for name, _ in self.layer.keywords):
            return None
        match given:
            case None:
                return "linear", self.layer
            case Const(None):
                return "linear", given
            case Const(str(name)):
                return name, given
            case Ref(name) if name.startswith("keras.activations."):
                return name.rpartition(".")[2], given
        return None


def output_of(scope: Scope, model: Value) -> Output | None:
    """The one layer that a model's output comes from; None if there are several or it is not known."""
    last: Value | None = None
    match model:
        case Result(Ref(name)) if name == SEQUENTIAL:
            layers = sequential_layers(model)
            last = layers[-1] if layers else None
        case Result(Ref(name)) if name == MODEL:
            outputs = model.argument(1, "outputs")
            if isinstance(outputs, Display):
                outputs = outputs.items[0] if len(outputs.items) == 1 else None
            last = outputs.callee if isinstance(outputs, Result) else None
    if isinstance(last, Result) and isinstance(last.callee, Ref) and library.is_a(last.callee.name, LAYER):
        return Output(last)
    return None


def sequential_layers(model: Result) -> tuple[Value, ...] | None:
    """The layers of a `Sequential`, those that are added later too; None if they are not all known."""
    given = model.argument(0, "layers")
    if given is not None and not (isinstance(given, Display) and given.kind in ("list", "tuple")):
        return None
    layers = given.items if isinstance(given, Display) else ()
    if any(isinstance(layer, Star) for layer in layers) or model.site is None:
        return None
    added = [call.argument_value(0, "layer") for call in _changes(model)]
    if any(layer is None for layer in added) or not all(map(_is_certain, _changes(model))):
        return None
    return (*layers, *(layer for layer in added if layer is not None))


def _changes(model: Result) -> Iterator[Call]:
    """The calls of `add` and `pop` on a model, in the code that made it."""
    assert model.site is not None
    for scope in model.site.scope.together():
        for call in scope.calls:
            receiver = call.receiver if call.method in ("add", "pop") else None
            if receiver is not None and identity(receiver) == identity(model):
                yield call


def _is_certain(call: Call) -> bool:
    """Whether a layer is added once, whatever happens."""
    conditions = ast.If | ast.For | ast.While | ast.Try | ast.IfExp | ast.Match | ast.AsyncFor
    return call.method == "add" and not any(
        isinstance(block.node, conditions) for block in call.block.chain()
    )
