"""What a tensor comes out of."""

from __future__ import annotations

import pytest

from ml_lsp.semantics.torch.activations import makers
from tests.reading import marked

NET = """
import torch
from torch import nn
from collections import OrderedDict

class Inner(nn.Module):
    def __init__(self):
        super().__init__()
        self.act = nn.Tanh()

    def forward(self, x):
        return self.act(x)

class Net(nn.Module):
    def __init__(self, deep):
        super().__init__()
        self.head = nn.Sequential(nn.Linear(4, 3), nn.Sigmoid(), nn.Flatten())
        self.named = nn.Sequential(OrderedDict([("fc", nn.Linear(4, 3)), ("act", nn.ReLU())]))
        layers = [nn.Linear(4, 4), nn.GELU()]
        self.listed = nn.Sequential(*layers)
        grown = [nn.Linear(4, 4)]
        grown.append(nn.Softmax())
        self.grown = nn.Sequential(*grown)
        self.later = nn.Sequential(nn.Linear(4, 4))
        self.later.add_module("act", nn.Sigmoid())
        self.nested = nn.Sequential(nn.Linear(4, 4), nn.Sequential(nn.Linear(4, 4), Inner()))
        self.drop = nn.Dropout(0.1) if deep else nn.Identity()

    def forward(self, x):
        here(EXPRESSION)
        return x, {"p": self.head(x)}

def twice(x):
    return torch.relu(x), x.sigmoid()

def choose(x, flag):
    if flag:
        return torch.sigmoid(x)
    return x.softmax(-1)
"""


@pytest.mark.parametrize(
    ("expression", "names"),
    [
        ("self.head(x)", {"torch.nn.Sigmoid"}),
        ("self.head(x).view(-1).float()[0]", {"torch.nn.Sigmoid"}),
        ("torch.squeeze(self.named(x), 1)", {"torch.nn.ReLU"}),
        ("self.listed(x)", {"torch.nn.GELU"}),
        ("self.nested(x)", {"torch.nn.Tanh"}),
        ("self.grown(x)", set()),
        ("self.later(x)", set()),
        ("self.missing(x)", set()),
        ("twice(x)[1]", {".sigmoid"}),
        ("twice(x)[0]", {"torch.relu"}),
        ("choose(x, True)", {"torch.sigmoid", ".softmax"}),
        ("nn.DataParallel(Inner()).cuda()(x)", {"torch.nn.Tanh"}),
        ("nn.Flatten()(torch.exp(x))", {"torch.exp"}),
        ("x.softmax(x)", set()),
        ("x + x.sigmoid()", set()),
        ("x", set()),
    ],
)
def test_makers(expression: str, names: set[str]) -> None:
    scope, node = marked(NET.replace("EXPRESSION", expression))
    assert {maker.name for maker in makers(scope, scope.value(node))} == names


def test_a_layer_in_a_sequential_is_found_where_it_was_made() -> None:
    scope, node = marked(NET.replace("EXPRESSION", "self.head(x)"))
    (maker,) = makers(scope, scope.value(node))
    assert maker.applied is None
    assert maker.site is not None
    assert maker.site.scope.text(maker.site.node) == "nn.Sigmoid()"


def test_what_an_activation_is_fed() -> None:
    scope, node = marked(NET.replace("EXPRESSION", "torch.sigmoid(input=x + 1).view(-1)"))
    (maker,) = makers(scope, scope.value(node))
    assert maker.fed is not None
    assert scope.text(maker.fed) == "x + 1"
