"""The training step as an ML engineer sees it: backward, clip, step, zero_grad, and their order."""

from __future__ import annotations

import ast
from collections.abc import Hashable
from dataclasses import dataclass
from functools import cached_property

from ml_lsp.semantics.body import Loop
from ml_lsp.semantics.reach import Act, acts
from ml_lsp.semantics.torch import is_managed, is_optimizer, is_scaler
from ml_lsp.semantics.values import Attr, Result, Value, identity

# Objects whose backward() belongs to a framework that owns the step.
_FRAMEWORK_NAMES = frozenset({"accelerator", "fabric", "model_engine", "engine", "booster", "self.fabric"})


def is_backward(act: Act) -> bool:
    """Whether it runs autograd backwards: `loss.backward()`, `torch.autograd.backward(loss)`."""
    return act.call.method == "backward" or act.call.name == "torch.autograd.backward"


def is_framework_backward(act: Act) -> bool:
    """Whether a framework runs the backward pass: `accelerator.backward(loss)`, `fabric.backward(loss)`."""
    call = act.call
    return call.method == "manual_backward" or (
        call.method == "backward" and bool(call.node.args) and not _is_output(act)
    )


def _is_output(act: Act) -> bool:
    """Whether `x.backward(gradient)` passes a gradient, as a tensor's backward allows."""
    func = act.call.node.func
    assert isinstance(func, ast.Attribute)
    name = func.value.attr if isinstance(func.value, ast.Attribute) else getattr(func.value, "id", "")
    return (
        name.lower() not in _FRAMEWORK_NAMES and bool(act.call.node.args) and isinstance(func.value, ast.Name)
    )


def is_step(act: Act) -> bool:
    """Whether an optimizer takes a step: `optimizer.step()`, `scaler.step(optimizer)`."""
    call = act.call
    if call.method != "step" or not isinstance(call.node.func, ast.Attribute):
        return False
    receiver = call.node.func.value
    return is_optimizer(call.scope, receiver) or is_scaler(call.scope, receiver)


def stepped_optimizer(act: Act) -> tuple[ast.expr, Value]:
    """The optimizer that takes a step, as written there and in terms of the body."""
    call = act.call
    assert isinstance(call.node.func, ast.Attribute)
    node = call.node.func.value
    if is_scaler(call.scope, node) and call.node.args:
        node = call.node.args[0]
    return node, act.in_body(call.scope.value(node))


def clears_gradients(act: Act) -> bool:
    """Whether it clears gradients: `zero_grad()` on anything."""
    return act.call.method == "zero_grad" or act.call.name == "torch._foreach_zero_"


@dataclass(frozen=True, eq=False)
class TrainLoop:
    """A loop whose own body runs backward and lets an optimizer step."""

    loop: Loop

    @cached_property
    def acts(self) -> tuple[Act, ...]:
        """What the loop does, helpers included."""
        return tuple(acts(self.loop.calls))

    @cached_property
    def own_acts(self) -> tuple[Act, ...]:
        """What its own body does, without nested loops."""
        return tuple(act for act in self.acts if self.loop.holds_directly(act.block))

    @cached_property
    def backwards(self) -> tuple[Act, ...]:
        """The backward calls of its own body."""
        return tuple(act for act in self.own_acts if is_backward(act))

    @cached_property
    def steps(self) -> tuple[Act, ...]:
        """The optimizer steps of its own body."""
        return tuple(act for act in self.own_acts if is_step(act))

    @property
    def optimizers(self) -> tuple[Hashable, ...]:
        """The optimizers that step, as identities."""
        return tuple(dict.fromkeys(identity(stepped_optimizer(act)[1]) for act in self.steps))

    @property
    def is_managed(self) -> bool:
        """Whether a framework owns the step."""
        closures = any(
            act.call.node.args and not is_scaler(act.call.scope, act.call.node.func.value)
            for act in self.steps
            if isinstance(act.call.node.func, ast.Attribute)
        )
        return (
            closures
            or is_managed(self.loop.scope)
            or any(is_framework_backward(act) for act in self.backwards)
        )


def train_loop(loop: Loop) -> TrainLoop | None:
    """The training loop that a loop is; None if its own body does not run backward and step."""
    found = TrainLoop(loop)
    return found if found.backwards and found.steps else None


def gradient_reads(value: Value) -> bool:
    """Whether a value reads `.grad`."""
    return isinstance(value, Attr) and value.name == "grad"


def scale_of(act: Act) -> Value | None:
    """The scaler of `scaler.scale(loss).backward()`."""
    receiver = act.receiver
    match receiver:
        case Result(Attr(owner, "scale")):
            return owner
    return None
