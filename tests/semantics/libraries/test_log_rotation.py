"""What loguru takes as rotation and retention; each text was passed to loguru 0.7.3."""

from __future__ import annotations

import pytest

from ml_lsp.semantics.libraries.log_rotation import is_retention, is_rotation


@pytest.mark.parametrize("text", ["10 days", "1 week, 2 days", "2h 30min", "1 weeks", "1.5 hours", " 3 d "])
def test_durations(text: str) -> None:
    assert is_retention(text)
    assert is_rotation(text)


@pytest.mark.parametrize("text", ["100", "7", "1 epoch", "5 files", "", "10 days old"])
def test_no_retention(text: str) -> None:
    assert not is_retention(text)


@pytest.mark.parametrize(
    "text",
    ["500 MB", "100 mb", "1.5 GB", "100 MiB", "1e3 MB", "daily", "00:00", "monday at 12:00", "w0", "7", "12"],
)
def test_rotations(text: str) -> None:
    assert is_rotation(text)


@pytest.mark.parametrize(
    "text", ["100", "24", "1 epoch", "5 files", "someday at 12:00", "monday at noon", ""]
)
def test_no_rotation(text: str) -> None:
    assert not is_rotation(text)
