"""Runs of a model on made-up tensors, to see that it runs or what shape comes out: nobody uses the numbers."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ml_lsp.semantics.call import Call
from ml_lsp.semantics.handlers import arguments
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.values import Attr, Const, Either, Ref, Result, Value

_FACTORY = re.compile(
    r"torch\.(?:zeros|ones|full|empty|arange|linspace|eye|randn?|randint|randperm|tensor)\Z"
)
# Methods and functions that only move or reshape what is made up.
_MOVES = frozenset({
    "to", "cuda", "cpu", "float", "half", "double", "long", "int", "bool", "type", "view", "reshape", "unsqueeze",
    "repeat", "expand", "transpose", "permute", "requires_grad_", "contiguous",
})  # fmt: skip
# What tells the shape of a tensor.
_SHAPE = frozenset({"shape", "size", "dim", "ndim", "numel"})
# Functions that try a model out.
_TRIAL = re.compile(
    r"(?:^|_)(?:test|demo|example|smoke|sanity|shape|size|dims?|features|out(?:put)?_channels)(?:_|\Z)"
)


def is_trial_run(call: Call) -> bool:
    """Whether a module runs on made-up tensors alone, and only to try it, or for the shape of what comes out."""
    made_up = [node for node in arguments(call) if not isinstance(call.scope.value(node), Const)]
    if not made_up or not all(_is_made_up(call.scope.value(node)) for node in made_up):
        return False
    tried = _is_under_main(call) or (call.scope.is_function and bool(_TRIAL.search(call.scope.name.lower())))
    return tried or _is_only_measured(call)


def _is_made_up(value: Value) -> bool:
    match value:
        case Either(values):
            return all(map(_is_made_up, values))
        case Result(Ref("torch.autograd.Variable"), [first, *_]):
            return _is_made_up(first)
        case Result(Ref(name)):
            return bool(_FACTORY.match(name))
        case Result(Attr(owner, name)):
            return name in _MOVES and _is_made_up(owner)
    return False


def _is_under_main(call: Call) -> bool:
    """Whether a call stands under `if __name__ == "__main__":` itself."""
    return any(
        isinstance(block.node, ast.If) and "__main__" in call.scope.text(block.node.test)
        for block in call.block.chain()
    )


def _is_only_measured(call: Call) -> bool:
    """Whether the result is dropped, or only its shape is read."""
    scope, statement = call.scope, call.scope.statement_of(call.node)
    match statement:
        case ast.Expr(value=value) if value is call.node:
            return True
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if value is call.node:
            reads = [load.node for load in scope.flow.loads_of.get(name, ())]
            return bool(reads) and all(any(node is read for node in _measured(scope)) for read in reads)
    return any(node is call.node for node in _measured(scope))


def _measured(scope: Scope) -> Iterator[ast.expr]:
    """What is asked for its shape in a scope: `x` of `x.shape`, `x.size(1)`, `x.view(1, -1).size(1)`."""
    for read in (node for name in _SHAPE for node in scope.flow.attribute_reads.get(name, ())):
        inner = read.value
        yield inner
        while isinstance(inner, ast.Call | ast.Attribute):
            inner = inner.func if isinstance(inner, ast.Call) else inner.value
            yield inner
