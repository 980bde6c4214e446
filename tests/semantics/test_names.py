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
        ("torchvision.transforms.v2.ToTensor", "torchvision.transforms.v2.ToTensor"),
        ("torchvision.transforms.v2._geometry.Resize", "torchvision.transforms.v2.Resize"),
        ("torchvision.transforms.transforms.Resize", "torchvision.transforms.Resize"),
    ],
)
def test_public(name: str, spelled: str) -> None:
    assert public(name) == spelled
