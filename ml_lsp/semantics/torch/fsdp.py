"""FSDP's words: where a model is sharded, and which optimizers were made from its parameters before."""

from __future__ import annotations

from collections.abc import Hashable, Iterator

from ml_lsp.semantics import library, types
from ml_lsp.semantics.body import Body
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.values import Attr, Const, Element, Item, Value, identity, walk

_WRAPPERS = frozenset({"torch.distributed.fsdp.FullyShardedDataParallel"})
_SHARDERS = frozenset({
    "torch.distributed.fsdp.fully_shard", "torch.distributed._composable.fsdp.fully_shard",
    "torch.distributed._composable.fully_shard",
})  # fmt: skip


def sharded(call: Call) -> Value | None:
    """The model that a call shards so that its parameters are replaced; None for any other call."""
    if call.name in _SHARDERS:
        return call.argument_value(0, "module")
    if call.name in _WRAPPERS and call.lacks(None, "use_orig_params"):
        return call.argument_value(0, "module")
    given = call.argument_value(None, "use_orig_params") if call.name in _WRAPPERS else None
    return call.argument_value(0, "module") if given == Const(False) else None


def optimizers_of(body: Body, model: Hashable) -> Iterator[Call]:
    """The calls in a body that make an optimizer of the parameters of a model (by its identity)."""
    for call in body.calls:
        made = types.class_of(call.scope, call.value)
        if made is not None and library.OPTIMIZER in types.ancestry(call.scope, made):
            first = call.argument_value(0, "params")
            if first is not None and any(_is_parameters_of(part, model) for part in walk(first)):
                yield call


def _is_parameters_of(value: Value, model: Hashable) -> bool:
    return (
        isinstance(value, Attr)
        and value.name in ("parameters", "named_parameters")
        and identity(value.owner) == model
    )


def around(value: Value) -> Iterator[Value]:
    """A module, and those that it is certainly a part of: `model` of `for layer in model.layers`."""
    while True:
        yield value
        match value:
            case Element(Attr(owner=of)) | Item(Attr(owner=of)) | Attr(owner=of):
                value = of
            case _:
                return
