"""What is known of a library's version: exact, a range, or nothing."""

from __future__ import annotations

import pytest

from ml_lsp.semantics.versions import (
    certainly_before,
    certainly_from,
    companions,
    has_reached,
    may_be_before,
)


@pytest.mark.parametrize(
    ("stated", "before", "from_", "may"),
    [
        ("2.5.1", True, False, True),
        ("2.6.0", False, True, False),
        ("<2.6", True, False, True),
        ("<2.7", False, False, True),
        (">=2.6", False, True, False),
        (">=2.1,<2.6", True, False, True),
        ("~=2.5.0", True, False, True),
        ("==2.4.*", True, False, True),
        ("", False, False, False),
        ("not a version", False, False, False),
    ],
)
def test_against_2_6(stated: str, before: bool, from_: bool, may: bool) -> None:
    versions = {"torch": stated}
    assert certainly_before(versions, "torch", "2.6") is before
    assert certainly_from(versions, "torch", "2.6") is from_
    assert may_be_before(versions, "torch", "2.6") is may


def test_a_library_that_nobody_names() -> None:
    assert not certainly_before({}, "torch", "2.6")
    assert not may_be_before({}, "torch", "2.6")


@pytest.mark.parametrize(
    ("stated", "limit", "reached"),
    [
        ("", "2.0", True),
        ("", "2.7", False),
        (">=1.8", "2.0", True),
        (">=1.8", "2.7", False),
        ("1.13.1", "2.0", False),
        ("2.7.0", "2.7", True),
    ],
)
def test_what_a_project_is_judged_by(stated: str, limit: str, reached: bool) -> None:
    assert has_reached({"torch": stated}, "torch", limit) is reached


@pytest.mark.parametrize(
    ("torch", "vision", "audio"),
    [
        ("==1.11", "==0.12.*", ""),
        ("1.13.1+cu117", "==0.14.*", "==1.13.*"),
        ("==2.3.*", "==0.18.*", "==2.3.*"),
        (">=1.11", "", ""),
        ("==1.4", "", ""),
    ],
)
def test_an_exact_torch_says_which_torchvision_goes_with_it(torch: str, vision: str, audio: str) -> None:
    found = companions({"torch": torch, "timm": "1.0"})
    assert (found.get("torchvision", ""), found.get("torchaudio", "")) == (vision, audio)


def test_a_stated_torchvision_stands() -> None:
    assert companions({"torch": "2.3.0", "torchvision": "<0.17"}) == {"torchaudio": "==2.3.*"}
