"""The number of dimensions that an expression says a tensor has."""

from __future__ import annotations

import pytest

from ml_lsp.semantics.torch.ranks import rank
from tests.reading import marked

CODE = """
import torch

def f(x, b, shape, sizes):
    here(EXPRESSION)
"""


@pytest.mark.parametrize(
    ("expression", "known"),
    [
        ("torch.zeros(2, b, 4)", 3),
        ("torch.randn((2, b))", 2),
        ("torch.ones(3).to('cuda')", 1),
        ("x.view(b, -1, 4)", 3),
        ("x.permute(0, 2, 1)", 3),
        ("x.view(torch.int32)", None),
        ("torch.zeros(shape)", None),
        ("x.view(*sizes, 4)", None),
        ("x.reshape(b, 2, 3)", None),
        ("x", None),
    ],
)
def test_ranks(expression: str, known: int | None) -> None:
    scope, node = marked(CODE.replace("EXPRESSION", expression))
    assert rank(scope.value(node)) == known
