"""The training step as an ML engineer sees it: backward, clip, step, zero_grad, and their order."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

from ml_lsp.semantics.body import Body, Loop, is_loop
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.conditions import outcomes
from ml_lsp.semantics.flow import Block
from ml_lsp.semantics.reach import Act, acts
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.torch.objects import is_managed, is_model_name, is_optimizer, is_scaler, is_tensor
from ml_lsp.semantics.values import Attr, Const, Display, Param, Ref, Result, Value, walk

_DISTRIBUTED_BACKWARD = "torch.distributed.autograd.backward"

# ---------------------------------------------------------------------------------------------- single calls


def is_backward(act: Act) -> bool:
    """Whether it runs a backward pass: `loss.backward()`, `accelerator.backward(loss)`."""
    return act.call.method in ("backward", "manual_backward") or act.call.name == "torch.autograd.backward"


def is_framework_backward(act: Act) -> bool:
    """Whether a framework runs the backward pass: `accelerator.backward(loss)`, `engine.backward(loss)`.

    A tensor's own backward takes a gradient at most, so one that is given a positional argument belongs to a
    framework unless what it is called on is certainly a tensor.
    """
    call = act.call
    if call.name == "torch.autograd.backward":
        return False
    if call.method == "manual_backward" or call.name == _DISTRIBUTED_BACKWARD:
        return True
    receiver = call.receiver
    return bool(call.node.args) and receiver is not None and not is_tensor(call.scope, receiver)


def is_step(act: Act) -> bool:
    """Whether an optimizer takes a step: `optimizer.step()`, `scaler.step(optimizer)`."""
    call = act.call
    if call.method != "step" or not isinstance(call.node.func, ast.Attribute):
        return False
    receiver = call.node.func.value
    return is_optimizer(call.scope, receiver) or is_scaler(call.scope, receiver)


def runs_closure(act: Act) -> bool:
    """Whether a step is given a closure that does the training step: `optimizer.step(closure)`."""
    func = act.call.node.func
    given = bool(act.call.node.args or act.call.node.keywords)
    return given and isinstance(func, ast.Attribute) and not is_scaler(act.call.scope, func.value)


def stepped_optimizer(act: Act) -> tuple[ast.expr, Value]:
    """The optimizer that takes a step, as written there and in terms of the body."""
    call = act.call
    assert isinstance(call.node.func, ast.Attribute)
    node = call.node.func.value
    if is_scaler(call.scope, node) and call.node.args:
        node = call.node.args[0]
    return node, act.in_body(call.scope.value(node))


def stepping_scaler(act: Act) -> Value | None:
    """The scaler of `scaler.step(optimizer)`, in terms of the body."""
    func = act.call.node.func
    if is_step(act) and isinstance(func, ast.Attribute) and is_scaler(act.call.scope, func.value):
        return act.receiver
    return None


def loss_scaler(act: Act) -> Value | None:
    """The scaler of `scaler.scale(loss).backward()`, in terms of the body."""
    match act.receiver if is_backward(act) else None:
        case Result(Attr(owner, "scale")):
            return owner
    return None


def cleared(act: Act) -> Value | None:
    """What has its gradients cleared by a call (an optimizer, a module, a tensor), in terms of the body."""
    call = act.call
    if call.method == "zero_grad":
        return act.receiver
    if call.name == "torch._foreach_zero_":
        return act.in_body(call.value)
    if call.method in ("zero_", "fill_") and act.receiver is not None:
        return act.receiver if any(map(_is_gradient, walk(act.receiver))) else None
    return None


def _is_gradient(value: Value) -> bool:
    return isinstance(value, Attr) and value.name == "grad"


# ------------------------------------------------------------------------------------------ calls of a body


def happens_once(act: Act) -> bool:
    """Whether an act happens once each time its call in the body runs: in no loop of a helper."""
    inner = (*act.through[1:], act.call) if act.through else ()
    return not any(is_loop(block.node) for call in inner for block in call.block.chain())


def conditions(act: Act, inside: Loop) -> Iterator[tuple[Scope, Block]]:
    """The branches that an act in a loop depends on, in the loop and in the helpers that lead to it."""
    for call in (*act.through, act.call):
        for block in call.block.chain():
            if call.scope is inside.scope and block.node is inside.node:
                break
            if isinstance(block.node, ast.If | ast.IfExp | ast.Match | ast.Try) and block.arm != "finally":
                yield call.scope, block


def exclude_each_other(one: Block, two: Block) -> bool:
    """Whether at most one of two blocks of a body runs: they lie in different arms of one `if`, `try` or `match`.

    Or in arms of two statements that ask the same: below `if amp:` and in the `else` of another `if amp:`.
    """
    first, second = tuple(one.chain()), tuple(two.chain())
    arms = {id(block.node): block.arm for block in first if block.node is not None}
    if any(
        arms.get(id(block.node), block.arm) != block.arm
        for block in second
        if isinstance(block.node, ast.If | ast.IfExp | ast.Match)
    ):
        return True
    if first[-1] is not second[-1] or not (_is_conditional(first) and _is_conditional(second)):
        return False
    asked = outcomes(one)
    return any(asked.get(test, holds) != holds for test, holds in outcomes(two).items())


def _is_conditional(chain: tuple[Block, ...]) -> bool:
    return any(isinstance(block.node, ast.If | ast.IfExp) for block in chain)


def is_unknown(act: Act) -> bool:
    """Whether it cannot be told what a call does: no function of this module, nor a known library's."""
    callee = act.call.callee
    if isinstance(callee, Ref):
        return not callee.name.startswith(("torch.", "builtins."))
    return act.call.target is None


def passes(act: Act, value: Value) -> bool:
    """Whether a call is given an object as an argument, alone or in a list."""
    return any(value == arg or (isinstance(arg, Display) and value in arg.items) for arg in act.given)


def is_hidden_method(act: Act) -> bool:
    """Whether it calls a method of its own object that a base in another file must define.

    What is called like a model (`self.model(x)`) is taken for one.
    """
    scope = act.call.scope
    match act.call.callee:
        case Attr(Param(name=owner), name) if owner == scope.self_name and scope.owner is not None:
            hidden = scope.owner.has_unknown_base and not is_model_name(name)
            return hidden and act.call.target is None
    return False


def reached(found: Iterable[Act]) -> Iterator[Scope]:
    """The functions that acts run in, each once."""
    yield from dict.fromkeys(act.call.scope for act in found)


def stores_gradients(scope: Scope) -> bool:
    """Whether a scope sets gradients itself: `p.grad = None`."""
    return any(
        isinstance(event.node, ast.Attribute) and event.node.attr == "grad"
        for event in scope.flow.events
        if event.kind == "store"
    )


# ---------------------------------------------------------------------------------------------------- loops


def reads_gradients(scope: Scope) -> bool:
    """Whether a scope may look at gradients itself: at any `.grad`."""
    return "grad" in scope.words


@dataclass(frozen=True, eq=False)
class TrainLoop:
    """A loop whose own body lets an optimizer step, after a backward there or in a loop inside it."""

    loop: Loop

    @cached_property
    def acts(self) -> tuple[Act, ...]:
        """What the loop does, helpers included."""
        return acts_in(self.loop)

    @cached_property
    def own_acts(self) -> tuple[Act, ...]:
        """What it does once an iteration: its own body, without nested loops."""
        return tuple(a for a in self.acts if self.loop.holds_directly(a.block) and happens_once(a))

    @cached_property
    def backwards(self) -> tuple[Act, ...]:
        """The backward calls of its own body; of loops inside it if it has none and they do not step."""
        own = tuple(act for act in self.own_acts if is_backward(act))
        inner = () if own else tuple(act for act in self.acts if act not in self.own_acts)
        return own or tuple(act for act in inner if is_backward(act) and not any(map(is_step, inner)))

    @cached_property
    def steps(self) -> tuple[Act, ...]:
        """The optimizer steps of its own body."""
        return tuple(act for act in self.own_acts if is_step(act))

    @property
    def is_managed(self) -> bool:
        """Whether a framework owns the step."""
        return is_managed_step(self.loop.scope, (*self.backwards, *self.steps))

    @property
    def runs_once(self) -> bool:
        """Whether it has one iteration: `range(1)`, or a `break` that nothing guards."""
        match self.loop.iterable:
            case Result(Ref("builtins.range"), (Const(1),)):
                return True
        return any(isinstance(statement, ast.Break) for statement in self.loop.node.body)

    def statement_of(self, call: Call) -> ast.stmt | None:
        """The statement that holds a call: the inner loop, if it is in one."""
        inner = [block.node for block in call.block.chain() if is_loop(block.node)]
        at = inner.index(self.loop.node) if self.loop.node in inner else 0
        loops = [node for node in inner[:at] if isinstance(node, ast.stmt)]
        return loops[-1] if loops else self.loop.scope.statement_of(call.node)

    def makes(self, value: Value) -> bool:
        """Whether a value is made anew in each iteration, by a call in the loop."""
        if value.site is None or value.site.scope is not self.loop.scope:
            return False
        return any(call.node is value.site.node for call in self.loop.calls)


def train_loop(loop: Loop) -> TrainLoop | None:
    """The training loop that a loop is; None if it does not run backward and step."""
    if not (loop.scope.inquiry.mentions("backward") and loop.scope.inquiry.mentions("step")):
        return None
    found = loop.scope.inquiry.once((train_loop, loop.scope, loop.node), lambda: TrainLoop(loop))
    return found if found.steps and found.backwards else None


def is_managed_step(scope: Scope, found: Iterable[Act]) -> bool:
    """Whether a framework owns the training step of which some acts are given."""
    return is_managed(scope) or any(
        (is_backward(act) and is_framework_backward(act)) or (is_step(act) and runs_closure(act))
        for act in found
    )


def acts_in(loop: Loop) -> tuple[Act, ...]:
    """What a loop does, in order, helpers and nested loops included."""
    return tuple(act for act in acts_of(Body((loop.scope,))) if loop.holds(act.block))


def acts_of(body: Body) -> tuple[Act, ...]:
    """What a body does, in order, helpers included."""
    return body.scope.inquiry.once((acts_of, body.scopes), lambda: tuple(acts(body.calls)))
