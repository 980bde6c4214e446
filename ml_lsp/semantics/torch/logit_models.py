"""Models that a file trains to give logits: their output goes into a loss that applies the sigmoid itself."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Iterator

from ml_lsp.semantics import library
from ml_lsp.semantics.callers import find_callers
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.torch.activations import makers, same_values
from ml_lsp.semantics.torch.losses import LossCall, loss_call
from ml_lsp.semantics.torch.objects import unwrapped
from ml_lsp.semantics.types import arguments_of, own_class_of
from ml_lsp.semantics.values import Attr, Param, Ref, Result, Value

# Words in a module's class that may turn its logits into probabilities, in one mode or always.
_SQUASHING = frozenset(
    {"training", "sigmoid", "Sigmoid", "sigmoid_", "expit", "softmax", "Softmax", "predict"}
)
_DEEPEST = 3


def scores(value: Value) -> Value:
    """A tensor below steps that keep its numbers, `.numpy()`, `.item()` and `.data` among them."""
    for _ in range(_DEEPEST * 2):
        match same_values(value):
            case Result(Attr(owner, "numpy" | "item"), ()) | Attr(owner, "data"):
                value = owner
            case found:
                return found
    return value


def is_squashed(loss: LossCall) -> bool:
    """Whether the input has been through a sigmoid: then the loss is wrong, and a threshold of 0.5 is right."""
    found = makers(loss.call.scope, loss.call.scope.value(loss.input))
    return any(maker.name.lower().endswith("sigmoid") for maker in found)


def trained_for_logits(scope: Scope, losses: Collection[str]) -> frozenset[Hashable]:
    """The classes of the models whose output goes straight into one of these losses in this file."""
    inquiry = scope.inquiry
    found = set()
    for piece in inquiry.pieces("everything"):
        for here in inquiry.piece_scope(piece).with_inner():
            for call in here.calls:
                loss = loss_call(call, losses)
                if loss is not None and not is_squashed(loss):
                    found.add(model_class(here, same_values(here.value(loss.input))))
    return frozenset(found - {None})


def model_class(scope: Scope, output: Value) -> Hashable:
    """The class of the project, told by its node, whose output a value is; None if it may give probabilities."""
    if not isinstance(output, Result) or isinstance(output.callee, Ref):
        return None
    classes = set(_classes(scope, unwrapped(output.callee), _DEEPEST))
    return classes.pop() if len(classes) == 1 else None


def _classes(scope: Scope, model: Value, depth: int) -> Iterator[Hashable]:
    own = own_class_of(scope, model)
    if own is not None:
        gives = own.is_a(library.MODULE) and not own.has_unknown_base
        methods = (method for part in own.lineage() for method in part.methods.values())
        words = frozenset[str]().union(*(method.words for method in methods))
        yield own.node if gives and words.isdisjoint(_SQUASHING) else None
    elif isinstance(model, Param) and model.site is not None and depth:
        function = model.site.scope
        for call in find_callers(function) or ():
            bound = arguments_of(function, call.value) if isinstance(call.value, Result) else {}
            passed = bound.get(Param(model.name, function.name))
            yield from _classes(call.scope, unwrapped(passed), depth - 1) if passed is not None else (None,)
    else:
        yield None
