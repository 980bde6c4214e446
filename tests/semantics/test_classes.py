"""What classes hold."""

from __future__ import annotations

import pytest

from ml_lsp.semantics.classes import Class
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


def test_a_class_that_takes_the_name_of_its_base_derives_from_itself_no_further() -> None:
    found = inquiry("import torch\n\nclass D(torch.nn.Module): ...\n\nclass E(D): ...\n\nclass D(E): ...\n")
    again = Class.of_pieces(found, found.pieces("binds", "D")[-1:])
    assert again is not None
    found.classes["D"] = again  # as when it is the one under review
    assert again.ancestors == () and not again.has_unknown_base
