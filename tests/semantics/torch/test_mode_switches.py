"""Who switches a module to evaluation mode, and which modules care."""

from __future__ import annotations

import pytest

from ml_lsp.semantics.reach import Act
from ml_lsp.semantics.torch.mode_switches import is_mode_free, may_switch_on, switched_off
from tests.reading import marked
from tests.semantics.bodies import function

NETS = """
import torch
from torch import nn

class Plain(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.size, self.fc, self.act = 4, nn.Linear(4, 4), nn.Sequential(nn.ReLU(), nn.Linear(4, n))

class Dropping(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.1))

class Asking(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def forward(self, x):
        return self.fc(x) if self.training else x

class Holding(nn.Module):
    def __init__(self, part):
        super().__init__()
        self.part = part

def f(given):
    here(EXPRESSION)
"""


@pytest.mark.parametrize(
    ("expression", "free"),
    [
        ("nn.Linear(4, 4)", True),
        ("nn.BatchNorm2d(4)", False),
        ("nn.LSTM(4, 4)", True),
        ("nn.LSTM(4, 4, 2, dropout=0.1)", False),
        ("nn.TransformerEncoderLayer(4, 4)", False),
        ("nn.Sequential(nn.Linear(4, 4), nn.ReLU()).cuda()", True),
        ("nn.Sequential(nn.Linear(4, 4), *given)", False),
        ("Plain(3)", True),
        ("Dropping()", False),
        ("Asking()", False),
        ("Holding(given)", False),
        ("given", False),
    ],
)
def test_modules_that_know_no_mode(expression: str, free: bool) -> None:
    scope, node = marked(NETS.replace("EXPRESSION", expression))
    assert is_mode_free(scope, scope.value(node)) is free


@pytest.mark.parametrize(
    ("call", "off", "on"),
    [
        ("m.eval()", True, False),
        ("m.train(False)", True, False),
        ("m.train(mode=False)", True, False),
        ("m.train()", False, True),
        ("m.train(was)", False, True),
        ("m.eval(x)", False, False),
    ],
)
def test_switches(call: str, off: bool, on: bool) -> None:
    act = Act(function(f"def f(m, was, x):\n    {call}\n").calls[0])
    assert (switched_off(act) is not None, may_switch_on(act)) == (off, on)
