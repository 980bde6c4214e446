"""How far two names are apart."""

from __future__ import annotations

import pytest

from ml_lsp.semantics.spelling import distance


@pytest.mark.parametrize(
    ("one", "other", "apart"),
    [
        ("forward", "forward", 0),
        ("foward", "forward", 1),
        ("forwrad", "forward", 1),
        ("backward", "forward", 4),
        ("__int__", "__init__", 1),
        ("__lenght__", "__len__", 3),
        ("", "abc", 3),
    ],
)
def test_letters_to_change(one: str, other: str, apart: int) -> None:
    assert distance(one, other) == distance(other, one) == apart
