"""YAML files that `safe_load` refuses, and what is offered where there is one."""

from __future__ import annotations

from pathlib import Path

import pytest

from ml_lsp.review import Document, Surroundings, review_now
from ml_lsp.shelf import Shelf
from tests.examples import RULES


@pytest.mark.parametrize(
    ("config", "is_safe"),
    [
        ("a: !!python/tuple [1]\n", False),
        ("a: !<tag:yaml.org,2002:python/tuple> [1]\n", False),
        ("a: 1  # !!python/tuple\n", True),
        ("a: !own 1\n", True),
        ("? !!python/tuple [1]\n: 1\n", False),
        ("a: [!!python/tuple [1]\n", False),
        ("example: |\n  a: !!python/tuple [1]\n", True),
        ("why: 'says !!python/tuple'\n", True),
    ],
)
def test_the_fix_is_safe_where_no_file_has_such_a_tag(tmp_path: Path, config: str, is_safe: bool) -> None:
    own, other = tmp_path / "a.py", tmp_path / "a.yaml"
    text = "import yaml\nx = yaml.load(open('a.yaml'))\n"
    own.write_text(text)
    other.write_text(config)
    around = Surroundings({}, Shelf().project([tmp_path], [own, other]))
    found = review_now(Document(own, text, "python"), RULES, around)
    assert [(one.rule, one.fix and one.fix.safe) for one in found] == [("yaml/load-without-loader", is_safe)]
