"""`check` on TOML: found beside Python, reported once, in every format, silenced by a comment."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ml_lsp.cli import main

RULE = "config/two-sources-of-truth"
SCRIPT = """\
import argparse
import tomllib

p = argparse.ArgumentParser()
p.add_argument("--lr", type=float, default=0.001)
args = p.parse_args()
with open("conf/train.toml", "rb") as file:
    cfg = tomllib.load(file)
cfg.update(vars(args))
"""
TOML = '\ufefftitle = "\u00e9" # "lr = 1"\r\n[optimizer]\r\n"lr" = 1e-2\r\n'

Check = Callable[..., tuple[int, str]]


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Check:
    """`check` in a folder with a script and the TOML file it reads: exit code and what is printed."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf/train.toml").write_bytes(TOML.encode())
    (tmp_path / "train.py").write_text(SCRIPT)

    def run(*arguments: str) -> tuple[int, str]:
        code = main(["check", "--select", RULE, *arguments])
        return code, capsys.readouterr().out

    return run


def places(check: Check, *paths: str) -> list[tuple[str, int, int]]:
    found = json.loads(check("--format", "json", *paths)[1])
    return [(one["path"], one["line"], one["column"]) for one in found]


@pytest.mark.parametrize("time", ["anew", "from what is kept"])
def test_one_mistake_in_two_files_is_reported_once(check: Check, time: str) -> None:
    for _ in range(1 if time == "anew" else 2):
        assert places(check, ".") == [("train.py", 5, 44)]
        assert places(check, "conf") == [("conf/train.toml", 3, 8)]
        assert places(check, "conf/train.toml", "train.py") == [("train.py", 5, 44)]


def test_a_value_that_changes_is_looked_at_again(check: Check) -> None:
    assert len(places(check, "train.py")) == 1
    Path("conf/train.toml").write_bytes(TOML.encode().replace(b"1e-2", b"0.001"))
    assert places(check, "train.py") == []


def test_text_names_the_other_place(check: Check) -> None:
    code, text = check(".")
    assert code == 1
    assert "`train.toml` says 1e-2 (conf/train.toml:3:1)" in text
    _, text = check("conf/train.toml")
    assert "conf/train.toml:3:8" in text
    assert "(train.py:5:44)" in text
    assert "Found 1 finding" in text


def test_sarif_has_both_places(check: Check) -> None:
    for path, other, region in (("train.py", "conf/train.toml", (3, 1)), ("conf", "train.py", (5, 44))):
        [result] = json.loads(check("--format", "sarif", path)[1])["runs"][0]["results"]
        [related] = result["relatedLocations"]
        place = related["physicalLocation"]
        assert place["artifactLocation"]["uri"] == other
        assert (place["region"]["startLine"], place["region"]["startColumn"]) == region


def test_markdown_quotes_it_as_toml(check: Check) -> None:
    assert "```toml\n" in check("--format", "markdown", "conf")[1]


@pytest.mark.parametrize(("comment", "left"), [(f"ignore[{RULE}] -- why", 0), ("ignore[torch]", 1)])
def test_a_comment_silences(check: Check, comment: str, left: int) -> None:
    Path("conf/train.toml").write_bytes(TOML.encode().replace(b"1e-2", f"1e-2 # ml-lsp: {comment}".encode()))
    assert len(places(check, "conf")) == left


def test_toml_that_is_none_is_passed_over(check: Check) -> None:
    Path("conf/train.toml").write_text("lr = 1e-2\nlr = 3\n")
    assert check(".") == (0, "Nothing found in 2 files.\n")
    Path("conf/train.toml").write_bytes(b"lr = '\xff'\n")
    assert check(".")[0] == 0


def test_our_own_settings_are_no_configuration(check: Check) -> None:
    Path("ml-lsp.toml").write_text("")
    assert check("conf", "train.py", "ml-lsp.toml")[0] == 1
    Path("train.py").unlink()
    assert check(".") == (0, "Nothing found in 1 file.\n")


def test_a_table_of_pyproject(check: Check) -> None:
    Path("pyproject.toml").write_text('[tool.train]\nlr = 0.1\n[project]\nname = "a"\nversion = "1"\n')
    read = SCRIPT.replace('"conf/train.toml", "rb"', '"pyproject.toml", "rb"')
    Path("train.py").write_text(read.replace(".load(file)", '.load(file)["tool"]["train"]'))
    assert places(check, ".") == [("train.py", 5, 44)]
    assert places(check, "pyproject.toml") == [("pyproject.toml", 2, 6)]
    Path("train.py").write_text(read.replace(".load(file)", '.load(file)["tool"]["other"]'))
    assert places(check, ".") == []
