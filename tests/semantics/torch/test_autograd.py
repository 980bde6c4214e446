"""Leaves, the graph, and writes into tensors."""

from __future__ import annotations

import pytest

from ml_lsp.semantics.torch.autograd import is_leaf_with_grad, is_on_graph, may_run_without_grad
from ml_lsp.semantics.torch.writes import writes
from tests.reading import marked, scopes

CODE = """
import torch
from torch import nn
import torch.nn.functional as F

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.lin, self.act = nn.Linear(4, 4), nn.ReLU()
        self.w = nn.Parameter(torch.ones(4))
        self.fixed = nn.Parameter(torch.ones(4), requires_grad=False)

    def forward(self, x):
        leaf = torch.zeros(4, requires_grad=True)
        here(EXPRESSION)
"""


@pytest.mark.parametrize(
    ("expression", "on_graph"),
    [
        ("self.lin(x)", True),
        ("self.act(x)", False),
        ("self.act(self.lin(x))", True),
        ("x * self.w", True),
        ("x * self.fixed", False),
        ("F.relu(leaf + 1)[0]", True),
        ("leaf.exp().detach()", False),
        ("self.lin(x).argmax(1)", False),
        ("torch.zeros_like(self.lin(x))", False),
        ("self.lin(x) if x else x", False),
        ("x", False),
    ],
)
def test_on_graph(expression: str, on_graph: bool) -> None:
    scope, node = marked(CODE.replace("EXPRESSION", expression))
    assert is_on_graph(scope, scope.value(node)) is on_graph


def test_what_is_written_into() -> None:
    code = """
    import torch
    def f(x, y, d):
        x += 1
        x[0] *= 2
        x[y > 0] = 3
        x.view(-1)[0].add_(1)
        x[y > 0].mul_(2)
        torch.add(x, y, out=x.T)
        torch.nn.functional.relu(x, inplace=True)
        x @= y
        d.pop(0)
        x.requires_grad_()
        torch.nn.init.zeros_(x)
    """
    (scope,) = [scope for scope in scopes(code) if scope.name == "f"]
    found = [(scope.text(write.root), scope.text(write.statement)) for write in writes(scope)]
    assert found == [
        ("x", "x += 1"),
        ("x", "x[0] *= 2"),
        ("x", "x[y > 0] = 3"),
        ("x", "x.view(-1)[0].add_(1)"),
        ("x[y > 0]", "x[y > 0].mul_(2)"),
        ("x", "torch.add(x, y, out=x.T)"),
        ("x", "torch.nn.functional.relu(x, inplace=True)"),
    ]


@pytest.mark.parametrize(
    ("before", "is_leaf"),
    [
        ("x = torch.ones(3, requires_grad=True)", True),
        ("x = torch.ones(3)\nx.requires_grad = True", True),
        ("x = torch.ones(3)\nif flag:\n    x.requires_grad = True", False),
        ("x = torch.ones(3).cuda().requires_grad_()", True),
        ("x = torch.ones(3, requires_grad=True).cuda()", False),
        ("x = torch.ones(3, requires_grad=True) if flag else torch.ones(3)", False),
        ("x = torch.ones(3, **options)", False),
    ],
)
def test_leaves(before: str, is_leaf: bool) -> None:
    code = f"import torch\n{before}\nx[0] = 1\n"
    found = [write for scope in scopes(code) for write in writes(scope)]
    assert [is_leaf_with_grad(write) for write in found] == [is_leaf]


def test_a_caller_turns_grad_off() -> None:
    code = """
    import torch
    def helper(x):
        x += 1
    def outer(x):
        with torch.no_grad():
            helper(x)
    def other(x):
        x += 1
    """
    found = {write.scope.name: write for scope in scopes(code) for write in writes(scope)}
    assert may_run_without_grad(found["helper"].scope, found["helper"].block)
    assert not may_run_without_grad(found["other"].scope, found["other"].block)
