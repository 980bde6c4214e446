"""DeepSpeed's engine in code: what `deepspeed.initialize` returns, and what was given to it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ml_lsp.semantics.body import Body
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.types import own_class_of
from ml_lsp.semantics.values import Attr, Const, Item, Ref, Result, Value, identity

INITIALIZE = "deepspeed.initialize"
# What `initialize` returns, in order: https://deepspeed.readthedocs.io/en/latest/initialize.html
_ENGINE, _OPTIMIZER, _SCHEDULER = 0, 1, 3


def is_engine(scope: Scope, value: Value) -> bool:
    """Whether a value is certainly the engine that `deepspeed.initialize` returns first."""
    if isinstance(value, Attr):
        own = own_class_of(scope, value.owner)
        values = own.attribute_values(value.name) if own is not None else ()
        return bool(values) and all(_is_result(one, _ENGINE) for one in values)
    return _is_result(value, _ENGINE)


def _is_result(value: Value, index: int) -> bool:
    match value:
        case Item(Result(Ref(name)), Const(at)):
            return name == INITIALIZE and at == index
    return False


@dataclass(frozen=True, eq=False)
class Initialized:
    """A call of `deepspeed.initialize`."""

    call: Call

    def is_engine(self, value: Value) -> bool:
        """Whether a value is the engine that this call returns."""
        return self._returns(value, _ENGINE)

    def is_model(self, value: Value) -> bool:
        """Whether a value is the model that was handed over."""
        return self._was_given(value, 1, "model")

    def is_optimizer(self, value: Value) -> bool:
        """Whether a value is the optimizer that was handed over, or the one that came back."""
        return self._returns(value, _OPTIMIZER) or self._was_given(value, 2, "optimizer")

    def is_scheduler(self, value: Value) -> bool:
        """Whether a value is the learning rate schedule that was handed over, or the one that came back."""
        return self._returns(value, _SCHEDULER) or self._was_given(value, 5, "lr_scheduler")

    def _returns(self, value: Value, index: int) -> bool:
        site = value.owner.site if isinstance(value, Item) else None
        return _is_result(value, index) and site is not None and site.node is self.call.node

    def _was_given(self, value: Value, position: int, name: str) -> bool:
        given = self.call.argument_value(position, name)
        return given is not None and given != Const(None) and identity(given) == identity(value)


def initialized(body: Body) -> Iterator[Initialized]:
    """The calls of `deepspeed.initialize` in a body."""
    for call in body.calls:
        if call.name == INITIALIZE:
            yield Initialized(call)
