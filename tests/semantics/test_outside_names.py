"""Where code names things of libraries, and where it does so behind a question about their version."""

from __future__ import annotations

import pytest

from ml_lsp.semantics.outside_names import imported_names, used_names
from ml_lsp.semantics.version_guards import is_version_guarded
from tests.reading import marked, scopes

CODE = """
import torch.nn as nn
from torch.nn.modules.loss import BCELoss as Loss

@nn.utils.thing
def f(x=nn.ReLU):
    y = Loss()
    return nn.init.uniform(y, key=lambda z: z.shape)
"""


def test_imports_by_their_public_names() -> None:
    found = [mention.name for scope in scopes(CODE) for mention in imported_names(scope)]
    assert found == ["torch.nn", "torch.nn.BCELoss"]


def test_uses_at_their_longest_each_once() -> None:
    found = [(scope.text(m.node), m.name) for scope in scopes(CODE) for m in used_names(scope)]
    assert sorted(found) == [
        ("Loss", "torch.nn.BCELoss"),
        ("nn.ReLU", "torch.nn.ReLU"),
        ("nn.init.uniform", "torch.nn.init.uniform"),
        ("nn.utils.thing", "torch.nn.utils.thing"),
    ]


@pytest.mark.parametrize(
    ("code", "guarded"),
    [
        ("here(1)", False),
        ("if hasattr(torch, 'x'):\n    here(1)", True),
        ("if debug:\n    here(1)", False),
        ("y = here(1) if torch.__version__ > '2' else 0", True),
        ("try:\n    here(1)\nexcept AttributeError:\n    pass", True),
        ("try:\n    pass\nexcept ImportError:\n    here(1)", True),
        ("try:\n    here(1)\nexcept KeyError:\n    pass", False),
        ("if hasattr(torch, 'x'):\n    pass\nhere(1)", False),
        ("def f():\n    if hasattr(torch, 'x'):\n        return 0\n    here(1)", True),
        ("NEW = parse(torch.__version__) > 2\nif NEW:\n    def f():\n        here(1)", True),
    ],
)
def test_questions_about_the_version(code: str, guarded: bool) -> None:
    scope, node = marked(f"import torch\n{code}\n")
    assert is_version_guarded(scope, node) is guarded
