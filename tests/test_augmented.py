"""`x += y` written out: the same meaning, and everything on the right as it was."""

from __future__ import annotations

import ast
import itertools

import pytest

from ml_lsp.augmented import written_out
from ml_lsp.text import apply
from tests.reading import scopes

OPERATORS = ["+", "-", "*", "/", "//", "%", "**", "@", "&", "|", "^", "<<", ">>"]
VALUES = [
    "y", "1", "y + z", "y - z", "y * z", "y / z", "y ** z", "-y", "-y ** 2", "not y", "y if z else w",
    "y or z", "y and z", "y < z", "y & z", "y << z", "lambda: y", "y, z", "f(y)", "y[0]", "y.a.b", "(y + z)",
    "(y) + (z)", "(y := z)", "[y]", "~y", "y @ z",
    "(\n    y  # why (\n    + z\n)", "y + \\\n    z", "f(\n    y,\n)",
]  # fmt: skip


def _rewrite(code: str) -> tuple[str, str]:
    for scope in scopes(code):
        for event in scope.flow.events:
            if isinstance(event.node, ast.AugAssign):
                shown, edits = written_out(scope, event.node)
                return shown, apply(code, edits)
    raise AssertionError("no augmented assignment")


@pytest.mark.parametrize(("operator", "value"), list(itertools.product(OPERATORS, VALUES)))
def test_means_the_same(operator: str, value: str) -> None:
    code = f"x {operator}= {value}  # kept\n"
    shown, text = _rewrite(code)
    before, after = ast.parse(code).body[0], ast.parse(text).body[0]
    assert isinstance(before, ast.AugAssign)
    whole = ast.BinOp(ast.Name("x", ast.Load()), before.op, before.value)
    assert ast.dump(after) == ast.dump(ast.Assign([ast.Name("x", ast.Store())], whole))
    assert text.endswith("  # kept\n")
    assert "\n" not in shown


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("x+=y\n", "x= x +y\n"),
        ("x \\\n    *= y + 1\n", "x \\\n    = x * (y + 1)\n"),
        ("x += \\\n    y\n", "x = x + \\\n    y\n"),
        (
            "if a:\n    x **= (  # power\n        y\n    ); b = 1\n",
            "if a:\n    x = x ** (  # power\n        y\n    ); b = 1\n",
        ),
        ("é = 1; x -= y - '😀'\r\n", "é = 1; x = x - (y - '😀')\r\n"),
    ],
)
def test_layout(before: str, after: str) -> None:
    assert _rewrite(before)[1] == after
