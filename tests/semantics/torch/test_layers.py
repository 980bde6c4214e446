"""Layers that follow each other, and the numbers that are their sizes."""

from __future__ import annotations

import pytest

from ml_lsp.semantics.body import Body
from ml_lsp.semantics.torch.layers import neighbours, number
from tests.reading import marked
from tests.semantics.bodies import inquiry, scope_named

NET = """
import torch
import torch.nn as nn
import torch.nn.functional as F

class Net(nn.Module):
    def __init__(self, d, wide):
        super().__init__()
        self.width = 2 * 8
        self.a, self.b = nn.Linear(d, self.width), nn.Linear(16, 2)
        self.either = nn.Linear(4, 4) if wide else nn.Linear(4, 8)
        self.conv, self.norm = nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8)
        self.pool, self.drop = nn.MaxPool2d(2), nn.Dropout(0.1)
        self.lstm = nn.LSTM(2, 4)

    def forward(self, x, other):
        return EXPRESSION
"""


def pairs(expression: str) -> list[tuple[str, str, tuple[str, ...]]]:
    scope = scope_named(inquiry(NET.replace("EXPRESSION", expression)), "forward")
    short = lambda name: name.rpartition(".")[2]  # noqa: E731
    return [
        (short(pair.first.name), short(pair.second.name), tuple(map(short, pair.between)))
        for pair in neighbours(Body((scope,)))
    ]


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("self.b(self.a(x))", [("Linear", "Linear", ())]),
        ("self.b(F.relu(self.drop(self.a(x))))", [("Linear", "Linear", ("Dropout", "relu"))]),
        ("self.b(self.a(x).relu())", [("Linear", "Linear", ("relu",))]),
        ("self.norm(self.pool(self.conv(x)))", [("Conv2d", "BatchNorm2d", ("MaxPool2d",))]),
        ("self.a(self.lstm(x)[0])", [("LSTM", "Linear", ())]),
        ("self.b(torch.cat((self.a(x), x)))", []),
        ("self.b(self.a(x).view(-1, 16))", []),
        ("self.b(self.either(x))", []),
        ("self.b(self.pool(self.a(x)))", []),
        ("self.b(other(self.a(x)))", []),
        ("nn.Sequential(nn.Linear(2, 3), nn.ReLU(), nn.Linear(3, 4))(x)", [("Linear", "Linear", ("ReLU",))]),
        ("nn.Sequential(nn.Linear(2, 3), other, nn.Linear(3, 4))(x)", []),
        ("nn.Sequential(nn.Conv2d(1, 2, 3), nn.Flatten(), nn.Linear(3, 4))(x)", []),
    ],
)
def test_neighbours(expression: str, found: list[tuple[str, str, tuple[str, ...]]]) -> None:
    assert pairs(expression) == found


@pytest.mark.parametrize(
    ("expression", "known"),
    [
        ("3", 3),
        ("2 * 8 + 1", 17),
        ("9 // 2", 4),
        ("n", None),
        ("WIDTH", 32),
        ("WIDTH * n", None),
        ("True", None),
    ],
)
def test_numbers(expression: str, known: int | None) -> None:
    scope, node = marked(f"WIDTH = 32\ndef f(n):\n    here({expression})\n")
    assert number(scope, scope.value(node)) == known
