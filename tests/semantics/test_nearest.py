"""Slips of known words."""

from __future__ import annotations

import pytest

from ml_lsp.semantics.spelling import nearest

KNOWN = ("gradient_accumulation_steps", "comet", "fp16", "bf16", "stage")


@pytest.mark.parametrize(
    ("word", "near"),
    [
        ("gradient_acumulation_steps", "gradient_accumulation_steps"),
        ("gradient_acumulation_step", "gradient_accumulation_steps"),
        ("comment", None),
        ("stages", "stage"),
        ("f16", None),
        ("something_else", None),
    ],
)
def test_slip(word: str, near: str | None) -> None:
    assert nearest(word, KNOWN) == near
