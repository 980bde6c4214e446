"""Taking an argument out of a call, whatever the layout."""

from __future__ import annotations

import ast

import pytest

from ml_lsp.fixes import remove_argument
from ml_lsp.text import apply
from tests.reading import marked


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("here(f(a, x=1))\n", "here(f(a))\n"),
        ("here(f(a, x=1, b=2))\n", "here(f(a, b=2))\n"),
        ("here(f(x=1, b=2))\n", "here(f(b=2))\n"),
        ("here(f(x=1))\n", "here(f())\n"),
        ("here(f(a, x=1,))\n", "here(f(a,))\n"),
        ("here(f(\n    a,  # one\n    x=1,  # two\n    b=2,\n))\n", "here(f(\n    a,  # one\n    b=2,\n))\n"),
        ("here(f(\n    a,\n    x=1\n))\n", "here(f(\n    a,\n))\n"),
        ("here(f(a,\n       x=1))\n", "here(f(a))\n"),
        ("here(f((a), x=(1)))\n", "here(f((a)))\n"),
        ("é = here(f(a, x=1))\r\n", "é = here(f(a))\r\n"),
    ],
)
def test_remove_argument(before: str, after: str) -> None:
    scope, node = marked(before)
    assert isinstance(node, ast.Call)
    call = scope.call_of(node)
    value = next(keyword.value for keyword in node.keywords if keyword.arg == "x")
    assert call is not None
    text = apply(before, [remove_argument(call, value)])
    assert text == after
    ast.parse(text)
