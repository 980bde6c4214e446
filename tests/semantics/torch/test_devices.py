"""On which device a tensor lies."""

from __future__ import annotations

import pytest

from ml_lsp.semantics.torch.devices import CpuTensor, meets_device_tensor, moves_to_a_device
from tests.reading import inquiry, marked

NET = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc, self.rnn, self.w = nn.Linear(4, 4), nn.GRU(4, 4), nn.Parameter(torch.ones(4))
        self.kept = torch.ones(4)

    def forward(self, x, gain, lengths):
        x = x.view(-1, 4)
        made = here(torch.ones(4))
        made = torch.ones(4)
        return EXPRESSION
"""


def meets(expression: str, attribute: str = "") -> bool:
    scope, _ = marked(NET.replace("EXPRESSION", expression))
    made = next(call for call in reversed(scope.calls) if scope.text(call.node) == "torch.ones(4)")
    tensor = CpuTensor(attribute=attribute, self_name="self") if attribute else CpuTensor(made.node)
    return meets_device_tensor(scope, tensor) is not None


@pytest.mark.parametrize(
    ("expression", "met"),
    [
        ("x + made", True),
        ("self.w * made.unsqueeze(0)", True),
        ("torch.cat([x, made])", True),
        ("self.fc(made)", True),
        ("self.rnn(x, made)[0]", True),
        ("x.masked_fill(made > 0, 1.0)", True),
        ("x + made.to(x.device)", False),
        ("x + made.type_as(x)", False),
        ("x[made]", False),
        ("gain * made", False),
        ("made < lengths[:, None]", False),
        ("made + 1", False),
    ],
)
def test_meetings(expression: str, met: bool) -> None:
    assert meets(expression) is met


@pytest.mark.parametrize(
    ("expression", "met"), [("x * self.kept", True), ("x * self.kept.to(x.device)", False)]
)
def test_meetings_of_an_attribute(expression: str, met: bool) -> None:
    assert meets(expression, "kept") is met


@pytest.mark.parametrize(
    ("code", "moves"),
    [
        ("model.cuda()", True),
        ("model.to(device)", True),
        ("model.train()", False),
        ("torch.set_default_device(device)", False),
    ],
)
def test_code_that_speaks_of_devices(code: str, moves: bool) -> None:
    assert moves_to_a_device(inquiry(code)) is moves
