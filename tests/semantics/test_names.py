"""The public spelling of names."""

from __future__ import annotations

import pytest

from ml_lsp.semantics.names import public


@pytest.mark.parametrize(
    ("name", "spelled"),
    [
        ("tensorflow.keras.preprocessing.text.Tokenizer", "keras.preprocessing.text.Tokenizer"),
        ("keras.layers.core.dense.Dense", "keras.layers.Dense"),
        ("sklearn.preprocessing.data.StandardScaler", "sklearn.preprocessing.StandardScaler"),
        (
            "sklearn.feature_extraction.text.TfidfVectorizer",
            "sklearn.feature_extraction.text.TfidfVectorizer",
        ),
        ("sklearn.gaussian_process.kernels.RBF", "sklearn.gaussian_process.kernels.RBF"),
        ("torch.nn.modules.loss.BCELoss", "torch.nn.BCELoss"),
    ],
)
def test_public(name: str, spelled: str) -> None:
    assert public(name) == spelled
