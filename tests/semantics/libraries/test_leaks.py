"""What has seen all rows before they are split."""

from __future__ import annotations

import pytest

from ml_lsp.semantics.libraries.leaks import is_statistic
from tests.reading import marked


@pytest.mark.parametrize(
    ("expression", "learns"),
    [
        ("(x - x.mean()) / x.std()", True),
        ("(x - x.mean(axis=0)) / (x.std(axis=0) + 1e-8)", True),
        ("(x - np.mean(x, axis=0)) / np.std(x)", True),
        ("(d['a'] - d['a'].min()) / (d['a'].max() - d['a'].min())", True),
        ("x.fillna(x.median())", True),
        ("x.fillna(x.mode()[0])", True),
        ("(x - x.mean(axis=1)) / x.std(axis=1)", False),
        ("(x - np.mean(x, 1)) / np.std(x, 1)", False),
        ("(x - y.mean()) / y.std()", False),
        ("(d['a'] - d['b'].min()) / d['a'].max()", False),
        ("(x - 127.5) / 127.5", False),
        ("x.fillna(0)", False),
        ("x / x.max()", False),
    ],
)
def test_statistics(expression: str, learns: bool) -> None:
    scope, node = marked(f"import numpy as np\n\ndef f(x, y, d):\n    here({expression})\n")
    assert is_statistic(scope.value(node)) is learns
