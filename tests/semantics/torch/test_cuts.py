"""Where the way from a loss back to the model ends."""

from __future__ import annotations

import pytest

from ml_lsp.semantics.torch.cuts import cuts, stacked
from tests.reading import marked

CODE = """
import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

def f(model: nn.Module, loader, x, y, other, criterion):
    losses = []
    for a, b in loader:
        losses.append(criterion(model(a), b))
    here(EXPRESSION)
"""


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ("model(x).argmax(1).float().mean()", ["model(x).argmax(1)"]),
        ("F.mse_loss((model(x) > 0).float(), y)", ["model(x) > 0"]),
        ("torch.tensor(losses).sum()", ["torch.tensor(losses)"]),
        ("torch.tensor(np.mean(model(x).numpy()))", ["torch.tensor(np.mean(model(x).numpy()))"]),
        ("model(x).mean() + model(x).detach().mean()", []),
        ("other.mean() + model(x).detach().mean()", []),
        ("torch.stack(losses).mean()", []),
        ("other(model(x).detach())", []),
        ("F.mse_loss(y, y.detach())", []),
        ("F.mse_loss(torch.zeros(2, requires_grad=True), model(x).detach())", []),
    ],
)
def test_cuts(expression: str, found: list[str]) -> None:
    scope, node = marked(CODE.replace("EXPRESSION", expression))
    sites = [cut.value.site for cut in cuts(scope, scope.value(node))]
    assert [scope.text(site.node) for site in sites if site is not None] == found


@pytest.mark.parametrize(
    ("expression", "given"),
    [("torch.tensor(losses)", "losses"), ("torch.tensor([model(x).item()])", None), ("y.argmax()", None)],
)
def test_what_may_be_stacked(expression: str, given: str | None) -> None:
    scope, node = marked(CODE.replace("EXPRESSION", expression))
    found = [stacked(scope, cut) for cut in cuts(scope, scope.value(node))]
    assert [scope.text(one) for one in found if one is not None] == ([given] if given else [])
