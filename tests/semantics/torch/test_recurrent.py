"""Recurrent layers and which step of their output is read."""

from __future__ import annotations

import pytest

from ml_lsp.semantics.torch.batch_layout import state_batch_dimension
from ml_lsp.semantics.torch.recurrent import last_steps, run_of
from tests.reading import inquiry, marked

NET = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self, options, first):
        super().__init__()
        self.plain = nn.LSTM(4, 8)
        self.batched = nn.GRU(4, 8, batch_first=True)
        self.fifth = nn.RNN(4, 8, 1, True, True)
        self.open = nn.LSTM(4, 8, **options)
        self.either = nn.LSTM(4, 8, batch_first=first)
        self.fc = nn.Linear(4, 8)

    def forward(self, x):
        out, h = self.plain(x)
        here(EXPRESSION)
"""


@pytest.mark.parametrize(
    ("index", "dimension"),
    [
        ("[-1]", 0),
        ("[-1, ...]", 0),
        ("[-1, :, :]", 0),
        ("[:, -1]", 1),
        ("[:, -1, :]", 1),
        ("[..., -1]", None),
        ("[:, -1, :4]", None),
        ("[0]", None),
        ("[:, 0]", None),
    ],
)
def test_last_steps(index: str, dimension: int | None) -> None:
    own = inquiry(NET.replace("EXPRESSION", f"out{index}")).class_("Net")
    assert own is not None
    assert [step.dimension for step in last_steps(own)] == ([] if dimension is None else [dimension])


@pytest.mark.parametrize(
    ("layer", "batch_first", "default"),
    [
        ("plain", False, True),
        ("batched", True, False),
        ("fifth", True, False),
        ("open", None, False),
        ("either", None, False),
    ],
)
def test_layouts(layer: str, batch_first: bool | None, default: bool) -> None:
    scope, node = marked(NET.replace("EXPRESSION", f"self.{layer}(x)"))
    run = run_of(scope, scope.value(node))
    assert run is not None
    assert (run.is_batch_first, run.has_default_layout) == (batch_first, default)


def test_other_layers_do_not_recur() -> None:
    scope, node = marked(NET.replace("EXPRESSION", "self.fc(x)"))
    assert run_of(scope, scope.value(node)) is None


@pytest.mark.parametrize(
    ("state", "dimension"),
    [
        ("torch.zeros(1, x.size(0), 8)", 0),
        ("torch.zeros(1, x.shape[1], 8)", 1),
        ("(torch.zeros(1, x.size()[0], 8), h)", 0),
        ("torch.zeros((1, x.size(0), 8)).to(x.device)", 0),
        ("x.new_zeros(1, x.size(0), 8).requires_grad_()", 0),
        ("torch.zeros(1, h.size(0), 8)", None),
        ("torch.full((1, x.size(0), 8), 1.0)", None),
        ("h", None),
    ],
)
def test_the_batch_of_a_first_state(state: str, dimension: int | None) -> None:
    scope, node = marked(NET.replace("EXPRESSION", f"self.plain(x, {state})"))
    run = run_of(scope, scope.value(node))
    assert run is not None
    assert state_batch_dimension(run) == dimension
