"""Tensors on their way to NumPy."""

from __future__ import annotations

import pytest

from ml_lsp.semantics.torch.conversions import converted, is_attached, lies_on_gpu
from tests.reading import marked, scopes

CODE = """
import numpy as np
import torch
from torch import nn

class Features(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 2)

    def forward(self, x):
        return self.fc(x).detach()

def run(x, agent):
    net, features = nn.Linear(4, 2), Features()
    EXPRESSION
"""


@pytest.mark.parametrize(
    ("conversion", "attached"),
    [
        ("net(x).numpy()", True),
        ("np.array(net(x).view(-1).cpu())", True),
        ("np.mean([net(x).sum()])", True),
        ("net(x).detach().numpy()", False),
        ("net(x).argmax(1).numpy()", False),
        ("features(x).numpy()", False),
        ("net(x).act(x).numpy()", False),
        ("agent.act(net(x)).numpy()", False),
        ("x.numpy()", False),
    ],
)
def test_tensors_on_the_graph(conversion: str, attached: bool) -> None:
    (scope,) = (scope for scope in scopes(CODE.replace("EXPRESSION", conversion)) if scope.name == "run")
    call = scope.calls[-1]
    found = converted(call, ("numpy.array", "numpy.mean"))
    assert found is not None
    assert is_attached(call, found[0]) is attached


@pytest.mark.parametrize("conversion", ["net(x).numpy(force=True)", "np.zeros(3)", "x.item()"])
def test_what_converts_nothing_that_matters(conversion: str) -> None:
    (scope,) = (scope for scope in scopes(CODE.replace("EXPRESSION", conversion)) if scope.name == "run")
    assert converted(scope.calls[-1], ("numpy.array",)) is None


@pytest.mark.parametrize(
    ("tensor", "on_gpu"),
    [
        ("x.cuda()", True),
        ("x.to('cuda:1').view(-1)", True),
        ("x.cuda().cpu()", False),
        ("x.to('cpu')", False),
        ("x.to(agent)", False),
        ("x", False),
    ],
)
def test_tensors_on_the_gpu(tensor: str, on_gpu: bool) -> None:
    scope, node = marked(CODE.replace("EXPRESSION", f"here({tensor})"))
    assert lies_on_gpu(scope.value(node)) is on_gpu
