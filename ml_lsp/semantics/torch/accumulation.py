"""Gradient accumulation: loops that run backward for each batch and step once in several."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from ml_lsp.semantics.reach import Act
from ml_lsp.semantics.torch.objects import is_module
from ml_lsp.semantics.torch.parameters import origin
from ml_lsp.semantics.torch.scalars import is_mean
from ml_lsp.semantics.torch.training import TrainLoop, cleared, reads_gradients, stepped_optimizer
from ml_lsp.semantics.types import class_of
from ml_lsp.semantics.values import Attr, Const, Op, Param, Result, Value, options

_CRITERIA = frozenset({"criterion", "loss_fn", "loss_func", "loss_function"})


@dataclass(frozen=True, eq=False)
class Accumulation:
    """A backward in each round of a loop, and the number of rounds after which the optimizer steps."""

    training: TrainLoop
    backward: Act
    number: ast.expr

    @property
    def loss(self) -> ast.expr | None:
        """The loss as written at the backward, below `scaler.scale(...)`."""
        func = self.backward.call.node.func
        node = func.value if isinstance(func, ast.Attribute) else None
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "scale":
            return node.args[0] if len(node.args) == 1 else None
        return node

    @property
    def is_unscaled_mean(self) -> bool:
        """Whether the loss is certainly a mean over the batch, and nothing seen divides by the number."""
        scope, loss = self.backward.call.scope, self.loss
        if loss is None or reads_gradients(self.training.loop.scope):
            return False
        if any(_divides_rate(self.training, step) for step in self.training.steps):
            return False
        return all(is_plain_mean(self, option) for option in options(scope.value(loss)))


def is_plain_mean(found: Accumulation, value: Value) -> bool:
    """Whether a loss is a mean, or a sum of means: not divided by anything."""
    scope = found.backward.call.scope
    match value:
        case Op("+" | "+=", (left, right)):
            return is_plain_mean(found, left) and is_plain_mean(found, right)
        case Attr(Result(callee) as output, "loss"):
            return is_module(scope, callee) or output.keyword("labels") is not None
        case Result(Param(name) | Attr(name=name) as callee):
            if name in _CRITERIA and class_of(scope, callee) is None:
                return True  # a criterion that is passed in averages unless somebody says otherwise
    return is_mean(scope, value)


def accumulation(training: TrainLoop) -> Accumulation | None:
    """The accumulation that a loop does: every step under `if ... % N == 0`, backward under no `if`."""
    if len(training.backwards) != 1 or training.is_managed:
        return None
    backward = training.backwards[0]
    if backward.through or not _is_unconditional(training, backward):
        return None
    numbers = [_every(training, step) for step in training.steps]
    clears = (act for act in training.own_acts if cleared(act) is not None)
    if not all(numbers) or any(_is_unconditional(training, act) for act in clears):
        return None
    number = numbers[0]
    if number is None or training.loop.scope.value(number) == Const(1):
        return None
    return Accumulation(training, backward, number)


def _is_unconditional(training: TrainLoop, act: Act) -> bool:
    blocks = (block.node for block in act.block.chain())
    inner = []
    for node in blocks:
        if node is training.loop.node:
            break
        inner.append(node)
    return not any(isinstance(node, ast.If | ast.IfExp | ast.Try | ast.Match) for node in inner)


def _every(training: TrainLoop, step: Act) -> ast.expr | None:
    """N of the `if ... % N == ...` that a step of the loop stands under."""
    if step.through:
        return None
    for block in step.block.chain():
        if block.node is training.loop.node:
            break
        if isinstance(block.node, ast.If) and block.arm == "body":
            return _modulus(block.node.test)
    return None


def _modulus(test: ast.expr) -> ast.expr | None:
    tests = test.values if isinstance(test, ast.BoolOp) and isinstance(test.op, ast.Or) else [test]
    match tests[0]:
        case ast.Compare(left=ast.BinOp(op=ast.Mod(), right=number), ops=[ast.Eq()]):
            return number if isinstance(number, ast.Name | ast.Attribute | ast.Constant) else None
    return None


def _divides_rate(training: TrainLoop, step: Act) -> bool:
    """Whether the optimizer was made with a learning rate that is computed."""
    made = origin(training.loop.scope, stepped_optimizer(step)[1])
    return isinstance(made, Result) and isinstance(made.argument(1, "lr"), Op)
