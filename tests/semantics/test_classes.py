"""What classes hold."""

from __future__ import annotations

import pytest

from ml_lsp.semantics.values import Const
from tests.semantics.bodies import inquiry

CODE = """
class A:
    x = 1
    y: int = 2

    def f(self):
        self.w = 4

    z = 3
"""


@pytest.mark.parametrize(("name", "value"), [("x", 1), ("y", 2), ("z", 3), ("w", 4)])
def test_attributes_are_found_before_in_and_behind_methods(name: str, value: int) -> None:
    found = inquiry(CODE).class_("A")
    assert found is not None and found.attribute_values(name) == (Const(value),)
