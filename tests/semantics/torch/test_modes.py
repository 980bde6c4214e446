"""In which mode a model runs, and whether that matters to it."""

from __future__ import annotations

import pytest

from ml_lsp.semantics.reach import Act
from ml_lsp.semantics.torch.mode_layers import ModeLayers, depends_on_mode
from ml_lsp.semantics.torch.modes import Mode, freshly_made, made, switch
from ml_lsp.semantics.values import Result
from tests.semantics.bodies import function

LAYERS = ModeLayers(frozenset({"torch.nn.Dropout", "torch.nn.BatchNorm1d"}), {"torch.nn.LSTM": "dropout"})


@pytest.mark.parametrize(
    ("call", "mode"),
    [
        ("model.eval()", Mode.EVAL),
        ("model.train()", Mode.TRAIN),
        ("model.train(True)", Mode.TRAIN),
        ("model.train(mode=False)", Mode.EVAL),
        ("model.train(flag)", Mode.UNKNOWN),
        ("model.train(**given)", Mode.UNKNOWN),
        ("model.train(loader, epochs)", None),
        ("frame.eval('a + b')", None),
    ],
)
def test_what_switches(call: str, mode: Mode | None) -> None:
    scope = function(f"def f(model, flag, given, frame, loader, epochs):\n    {call}\n")
    assert switch(Act(scope.calls[-1])) is mode


@pytest.mark.parametrize(
    ("before", "fresh"),
    [
        ("", True),
        ("net.train()", True),
        ("net.eval()", False),
        ("net.eval(); net.train()", True),
        ("if flag: net.eval()", False),
        ("net.eval()\n    if flag: net.train()", False),
        ("net.eval()\n    if flag:\n        net.train()\n        here(net)", True),
        ("to_eval(net)", False),
        ("unknown(net)", False),
        ("whole = nn.Sequential(net)\n    whole.eval()", False),
        ("other.eval()", True),
        ("net = net.eval()", False),
    ],
)
def test_the_mode_at_a_call(before: str, fresh: bool) -> None:
    scope = function(
        f"""
from torch import nn
def to_eval(m): m.eval()
def f(flag, other):
    net = nn.Dropout(0.1)
    {before}
    here(net)
"""
    )
    call = next(call for call in scope.calls if getattr(call.node.func, "id", "") == "here")
    assert bool(freshly_made(scope, scope.value(call.node.args[0]), call)) is fresh


MODELS = """
import torch, timm
from torch import nn
from torchvision.models import resnet18
class Block(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm = nn.BatchNorm1d(3)
class Deep(nn.Module):
    def __init__(self):
        super().__init__()
        self.blocks = nn.ModuleList([Block() for _ in range(3)])
class Plain(nn.Module):
    def __init__(self):
        super().__init__()
        self.inner = nn.Sequential(nn.Linear(1, 1), nn.LSTM(1, 1))
class Functional(nn.Module):
    def forward(self, x):
        return nn.functional.dropout(x, 0.1, self.training)
def head(): return nn.Dropout(0.5)
class Helped(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = head()
def build(kind):
    return Deep() if kind else Block()
class Pretrained(Block):
    def __init__(self, weights="download"):
        super().__init__()
        if weights:
            self.load_state_dict(torch.load(weights))
            self.eval()
class Frozen(Block):
    def train(self, mode=True):
        return super().train(False)
class Optional(nn.Module):
    def __init__(self, kind, drop=0.0):
        super().__init__()
        self.norm = nn.BatchNorm1d(3) if kind else nn.Identity()
        if kind:
            self.other = nn.BatchNorm1d(3)
        self.drop = nn.Dropout(drop)
class Sized(nn.Module):
    def __init__(self, drop=0.0):
        super().__init__()
        self.drop = drop
    def forward(self, x):
        x = self.first(x) if self.training else self.all(x)
        return nn.functional.dropout(x, p=self.drop, training=self.training)
class Named(nn.Module):
    def __init__(self, training):
        super().__init__()
        self.steps = training.steps
def load(ready=True):
    net = Block()
    if ready:
        net.eval()
    return net
def f():
    net = MODEL
"""


@pytest.mark.parametrize(
    ("model", "depends"),
    [
        ("nn.Dropout(0.1)", True),
        ("nn.Dropout(0.0)", False),
        ("nn.Sequential(nn.Linear(1, 1), nn.Sequential(nn.BatchNorm1d(1)))", True),
        ("nn.LSTM(1, 1, 2, dropout=0.1)", True),
        ("nn.LSTM(1, 1)", False),
        ("Deep().to('cuda')", True),
        ("Helped()", True),
        ("Functional()", True),
        ("Plain()", False),
        ("resnet18()", True),
        ("timm.create_model('vit')", True),
        ("build(1)", True),
        ("Pretrained()", False),
        ("Frozen()", False),
        ("Optional(1)", False),
        ("Named(x)", False),
        ("Sized()", False),
        ("load()", False),
        ("torch.load('x')", False),
    ],
)
def test_which_models_depend_on_the_mode(model: str, depends: bool) -> None:
    scope = function(MODELS.replace("MODEL", model))
    value = scope.value(scope.node.body[0].value)  # type: ignore[union-attr]
    found = made(scope, value)
    assert (bool(found) and all(depends_on_mode(one.scope, one.value, LAYERS) for one in found)) is depends
    assert all(isinstance(one.value, Result) for one in found)
