"""What is a model's output and what is a target."""

from __future__ import annotations

import pytest

from ml_lsp.semantics.torch.outputs import is_output, is_target
from tests.reading import marked

CODE = """
import torch
import torch.nn.functional as F
from torch import nn

def f(net: nn.Module, model, criterion, loader, labels, batch, made):
    for x, y in loader:
        here(EXPRESSION)
"""


@pytest.mark.parametrize(
    ("expression", "sides"),
    [
        ("net(x)", "output"),
        ("model(x).squeeze(1)[0]", "output"),
        ("F.log_softmax(net(x).view(-1, 2), dim=1)", "output"),
        ("net(x).logits", "output"),
        ("y", "target"),
        ("labels.to('cpu').long()", "target"),
        ("batch['target']", "target"),
        ("batch.label.float()", "target"),
        ("x", ""),
        ("criterion(net(x), y)", ""),
        ("made(x)", ""),
        ("torch.cat([net(x), net(x)])", ""),
        ("batch['x']", ""),
    ],
)
def test_sides(expression: str, sides: str) -> None:
    scope, node = marked(CODE.replace("EXPRESSION", expression))
    value = scope.value(node)
    assert (is_output(scope, value), is_target(scope, value)) == (sides == "output", sides == "target")
