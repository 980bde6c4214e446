"""The pages of docs/editors show the very files that the tests run."""

import re
from pathlib import Path

import pytest
from conftest import HERE, ROOT

PAGES = ROOT / "docs/editors"
CONFIGURATIONS = sorted((HERE / "configurations").iterdir())


@pytest.mark.parametrize("file", CONFIGURATIONS, ids=lambda file: file.name)
def test_a_page_contains_the_file(file: Path) -> None:
    text = file.read_text("utf-8")
    holders = [page.name for page in PAGES.glob("*.md") if f"\n{text}```\n" in page.read_text("utf-8")]
    assert len(holders) == 1, f"{file.name} stands in {holders}"


@pytest.mark.parametrize("page", sorted(PAGES.glob("*.md")), ids=lambda page: page.name)
def test_every_long_block_of_a_page_is_a_file(page: Path) -> None:
    files = {file.read_text("utf-8") for file in CONFIGURATIONS}
    blocks = re.findall(r"^```\w+\n(.*?)^```$", page.read_text("utf-8"), re.M | re.S)
    assert [block for block in blocks if block not in files] == []
