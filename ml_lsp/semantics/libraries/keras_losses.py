"""Which loss a Keras model is compiled with, and what its targets are."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from ml_lsp.semantics.call import Call
from ml_lsp.semantics.libraries.sides import SPLITTER
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.values import Attr, Const, Item, Ref, Result, Value, identity


@dataclass(frozen=True, eq=False)
class CompiledLoss:
    """The loss given to `compile`: its name as written there, a string or a dotted name, and the value."""

    name: str
    value: Value


def compiled_loss(call: Call) -> CompiledLoss | None:
    """The loss of a `compile`, if it is one that wants no logits; None for several and unknown ones."""
    value = call.argument_value(1, "loss")
    match value:
        case Const(str(name)) | Ref(name):
            return CompiledLoss(name, value)
        case Result(Ref(name)) if name.startswith("keras.losses."):
            told = value.keyword("from_logits") in (None, Const(False))
            unpacked = any(key is None for key, _ in value.keywords)
            return CompiledLoss(name, value) if told and not unpacked and not value.args else None
    return None


def targets_of(model: Value, scope: Scope) -> list[Value]:
    """The targets that a model is fitted on, in the code around a scope."""
    found = []
    for here in scope.together():
        for call in here.calls:
            if (
                call.method == "fit"
                and call.receiver is not None
                and identity(call.receiver) == identity(model)
            ):
                found.append(call.argument_value(1, "y"))
    return [target for target in found if target is not None]


def comes_from(value: Value, sources: Collection[str]) -> bool:
    """Whether data are what one of these loaders or transformers gives, or a part or a side of it."""
    match value:
        case Item(Result(Ref(name), args), Const(int(index))) if name == SPLITTER and 0 <= index < 2 * len(
            args
        ):
            return comes_from(args[index // 2], sources)
        case Item(owner, _) | Attr(owner, "target" | "values"):
            return comes_from(owner, sources)
        case Result(Ref(name)):
            return name in sources
        case Result(Attr(Result(Ref(name)), "fit_transform" | "transform")):
            return name in sources
    return False
