"""Which generators are seeded, and which are drawn from."""

from __future__ import annotations

import pytest

from ml_lsp.semantics.body import ModuleView
from ml_lsp.semantics.libraries.seeding import Generators, drawn, seeded, seedings
from tests.semantics.bodies import inquiry

KNOWN = Generators(
    seeders={"random.seed": "random", "numpy.random.seed": "numpy", "torch.manual_seed": "torch"},
    complete={"transformers.set_seed": ("random", "numpy", "torch")},
    draws={"random": "random", "numpy.random": "numpy", "torch.randn": "torch"},
    own=frozenset({"numpy.random.default_rng", "random.Random"}),
)
HEAD = "import random\nimport numpy as np\nimport torch\nfrom torch.utils.data import DataLoader\n"


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("np.random.permutation(3)", {"numpy"}),
        ("random.choice([1])\ntorch.randn(3)", {"random", "torch"}),
        ("torch.randn(3, generator=g)", set()),
        ("np.random.default_rng(0).permutation(3)", set()),
        ("random.Random(3).random()", set()),
        ("random.getstate()\nnp.random.seed(3)", set()),
        ("DataLoader(d, shuffle=True)", {"torch"}),
        ("DataLoader(d, shuffle=True, generator=g)", set()),
        ("DataLoader(d)", set()),
        ("class A:\n    def f(self):\n        return [np.random.rand() for _ in range(3)]", {"numpy"}),
    ],
)
def test_draws(code: str, found: set[str]) -> None:
    assert set(drawn([inquiry(HEAD + code + "\n")], KNOWN)) == found


@pytest.mark.parametrize(
    ("code", "found"),
    [
        ("random.seed(1)\ndef f():\n    np.random.seed(1)", {"random", "numpy"}),
        ("from transformers import set_seed\nset_seed(1)", {"random", "numpy", "torch"}),
        ("from tools import set_seed\nset_seed(1)", None),
        ("import tools\ntools.make_deterministic()", None),
        ("env.seed(1)", set()),
    ],
)
def test_seeds(code: str, found: set[str] | None) -> None:
    assert seeded([inquiry(HEAD + code + "\n")], KNOWN) == found


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("def f(s):\n    random.seed(s)\n    np.random.seed(s)", ["f"]),
        ("random.seed(1)\nnp.random.seed(1)", [None]),
        ("random.seed(1)\nrandom.seed(2)", []),
        ("random.seed(1)\na = 1\nb = 2\nc = 3\nnp.random.seed(1)", []),
        ("def f(s):\n    random.seed(s)\ndef g(s):\n    np.random.seed(s)", []),
    ],
)
def test_seedings(code: str, names: list[str | None]) -> None:
    found = seedings(ModuleView(inquiry(HEAD + code + "\n")), KNOWN)
    assert [seeding.function.name if seeding.function else None for seeding in found] == names
