"""Adding an argument keeps the layout of a call."""

from __future__ import annotations

import pytest

from ml_lsp.fixes import add_argument
from ml_lsp.text import apply
from tests.semantics.bodies import inquiry


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ("f()", "f(x=1)"),
        ("f(a)", "f(a, x=1)"),
        ("f(a,)", "f(a, x=1)"),
        ("f((a))", "f((a), x=1)"),
        ("f(\n    a,\n    b,\n)", "f(\n    a,\n    b,\n    x=1,\n)"),
        ("f(\n    a=1,  # note\n    b=2,\n)", "f(\n    a=1,  # note\n    b=2,\n    x=1,\n)"),
        ("f(\n    **a,\n)", "f(\n    **a,\n    x=1,\n)"),
    ],
)
def test_layout(code: str, wanted: str) -> None:
    scope = inquiry(code + "\n").piece_scope(0)
    assert apply(code, [add_argument(scope.calls[0], "x=1")]) == wanted
