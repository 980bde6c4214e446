"""What names of metrics say."""

from __future__ import annotations

import pytest

from ml_lsp.semantics.libraries.metrics import better_is, words_of

KNOWN = {
    "higher": ("acc", "accuracy", "f1", "ap", "map", "score", "r2"),
    "lower": ("loss", "error"),
    "ignored": ("epoch", "macro"),
    "negating": ("neg", "1m"),
    "not_a_score": ("loss",),
    "not_a_map": ("feature",),
}


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("val/MulticlassAccuracy@5", ("val", "multiclass", "accuracy", "5")),
        ("val_mAP", ("val", "m", "ap")),
        ("F1Score", ("f1", "score")),
        ("1m_ssim.x-y", ("1m", "ssim", "x", "y")),
    ],
)
def test_words(name: str, words: tuple[str, ...]) -> None:
    assert words_of(name) == words


@pytest.mark.parametrize(
    ("name", "better"),
    [
        ("val_acc", "max"),
        ("top_acc1", "max"),
        ("f1_macro_epoch", "max"),
        ("r2", "max"),
        ("val_acc_error", "min"),
        ("neg_acc", None),
        ("loss_score", None),
        ("feature_map", None),
        ("accumulated", None),
        ("", None),
    ],
)
def test_better(name: str, better: str | None) -> None:
    assert better_is(name, KNOWN) == better
