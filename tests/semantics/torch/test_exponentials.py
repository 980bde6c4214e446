"""Which logarithms and quotients of exponentials overflow."""

from __future__ import annotations

import pytest

from ml_lsp.semantics.torch.exponentials import is_mended, unstable_forms
from tests.semantics.bodies import function

CODE = """
import numpy as np
import torch
import torch.nn.functional as F
from torch import log

def f(x, sim):
    p = torch.softmax(x, 1)
    e = x.exp()
    return EXPRESSION
"""


@pytest.mark.parametrize(
    ("expression", "kinds"),
    [
        ("torch.log(F.softmax(x, dim=1))", ["log_softmax"]),
        ("log(p)", ["log_softmax"]),
        ("p * p.log()", []),
        ("x.sigmoid().log()", ["logsigmoid"]),
        ("log(1.0 - torch.sigmoid(x))", ["negative logsigmoid"]),
        ("log(torch.exp(x) + 1)", ["softplus"]),
        ("torch.log1p(torch.exp(-x))", ["softplus"]),
        ("torch.log1p(torch.exp(-torch.abs(x)))", []),
        ("torch.log(torch.exp(x).sum(1))", ["logsumexp"]),
        ("torch.log(torch.exp(x - x.max()).sum(1))", []),
        ("torch.log(torch.exp(-x).sum(1))", []),
        ("e / e.sum(1)", ["softmax"]),
        ("e / x.exp().mean(1)", []),
        ("torch.exp(sim) / torch.exp(sim).sum(1)", []),
        ("log(torch.sigmoid(x) + 1e-6)", []),
        ("np.log(1 + np.exp(x))", []),
    ],
)
def test_forms(expression: str, kinds: list[str]) -> None:
    scope = function(CODE.replace("EXPRESSION", expression))
    assert [found.kind for found in unstable_forms(scope)] == kinds


def test_whether_it_stands_in_one_expression() -> None:
    written, named = (
        next(unstable_forms(function(CODE.replace("EXPRESSION", text))))
        for text in ("log(x.sigmoid())", "log(p)")
    )
    assert written.is_written_out
    assert not named.is_written_out


@pytest.mark.parametrize(
    ("after", "mended"),
    [
        ("torch.where(y == float('inf'), x, y)", True),
        ("torch.isinf(y)", True),
        ("y.nan_to_num()", True),
        ("x.isinf()", False),
        ("y > 3", False),
    ],
)
def test_whether_infinite_results_are_looked_for(after: str, mended: bool) -> None:
    scope = function(f"import torch\ndef f(x):\n    y = (1 + x.exp()).log()\n    return {after}\n")
    (found,) = unstable_forms(scope)
    assert is_mended(found) == mended
