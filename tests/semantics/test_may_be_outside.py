"""Which expressions may name something of a library, told without working out their values."""

from __future__ import annotations

import ast

import pytest

from ml_lsp.semantics.evaluate import may_be_outside
from ml_lsp.semantics.values import Ref, options
from tests.semantics.bodies import body

SHAPES = """
import torch
import torch.nn.functional as F
from torch import optim

def f(x, flag, loss=F.mse_loss):
    y = x.view(-1)
    z = y + 1
    relu = F.relu
    make = optim.SGD if flag else optim.Adam
    first, second = F.relu, x
    for act in (F.relu, F.gelu):
        act(x)
    with torch.no_grad() as none:
        none.a(x)
    x.view(1).sum()
    y.sum()
    z.sum()
    torch.cat(x)
    F.relu(x)
    relu(x)
    make(x)
    first(x)
    loss(x)
    (F.relu)(x)
    [F.relu][0](x)
    (lambda v: v)(x)
    len(x)
"""


def test_whatever_is_outside_may_be() -> None:
    """No expression whose value is an outside name is passed over."""
    scope = body(SHAPES).scope
    nodes = [node for node in ast.walk(scope.node) if isinstance(node, ast.expr)] if scope.node else []
    outside = [node for node in nodes if any(isinstance(o, Ref) for o in options(scope.value(node)))]
    assert len(outside) > 20
    assert [ast.unparse(node) for node in outside if not may_be_outside(scope, node)] == []


@pytest.mark.parametrize("callee", ["x.view", "x.view(1).sum", "y.sum", "z.sum", "none.a", "loss"])
def test_methods_of_objects_are_not_outside(callee: str) -> None:
    scope = body(SHAPES).scope
    call = next(call for call in scope.calls if ast.unparse(call.node.func) == callee)
    assert not may_be_outside(scope, call.node.func) and call.name is None
