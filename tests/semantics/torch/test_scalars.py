"""Which tensors are single numbers."""

from __future__ import annotations

import pytest

from ml_lsp.semantics.torch.scalars import is_scalar
from tests.reading import marked

CODE = """
import torch
import torch.nn as nn
import torch.nn.functional as F

def f(model, x, y, loss, other):
    criterion, each = nn.CrossEntropyLoss(), nn.MSELoss(reduction="none")
    loss.backward()
    other.backward(x)
    here(EXPRESSION)
"""


@pytest.mark.parametrize(
    ("expression", "scalar"),
    [
        ("criterion(model(x), y)", True),
        ("criterion(model(x), y) / 4 + F.mse_loss(x, y)", True),
        ("each(model(x), y)", False),
        ("each(model(x), y) + criterion(model(x), y)", False),
        ("F.cross_entropy(x, y, reduction='none')", False),
        ("torch.exp(x).mean()", True),
        ("torch.exp(x).mean(0)", False),
        ("loss", True),
        ("loss.data", False),
        ("criterion(model(x), y).data", True),
        ("other", False),
        ("x", False),
    ],
)
def test_single_numbers(expression: str, scalar: bool) -> None:
    scope, node = marked(CODE.replace("EXPRESSION", expression))
    assert is_scalar(scope, node) is scalar
