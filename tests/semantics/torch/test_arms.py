"""Whether the other arm of an `if` gives the argument that a call lacks."""

from __future__ import annotations

import pytest

from ml_lsp.semantics.torch.arms import is_given_in_another_arm
from tests.semantics.bodies import function


@pytest.mark.parametrize(
    ("other", "given"),
    [
        ("torch.load(path, map_location='cpu')", True),
        ("torch.load(path, 'cpu')", True),
        ("torch.load(path)", False),
        ("torch.hub.load(path, map_location='cpu')", False),
    ],
)
def test_the_other_arm_makes_the_same_call(other: str, given: bool) -> None:
    code = f"import torch\ndef f(path, old):\n    if old:\n        torch.load(path)\n    else:\n        {other}\n"
    assert is_given_in_another_arm(function(code).calls[0], 1, "map_location") == given


def test_what_runs_as_well_is_no_choice() -> None:
    code = "import torch\ndef f(path):\n    torch.load(path)\n    torch.load(path, map_location='cpu')\n"
    assert not is_given_in_another_arm(function(code).calls[0], 1, "map_location")


def test_what_catches_the_exception() -> None:
    code = """
        import torch

        def f(path):
            try:
                torch.load(path)
            except RuntimeError:
                torch.load(path, map_location="cpu")
    """
    assert is_given_in_another_arm(function(code).calls[0], 1, "map_location")
