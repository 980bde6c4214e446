"""Notebooks on the command line: places by cell, fixes that leave the rest of the file as it is."""

import json
import re
from pathlib import Path

import pytest

from ml_lsp import batch, rulebook
from ml_lsp.cli import main
from ml_lsp.text import Edit, Span

NOTEBOOK = {
    "cells": [
        {"cell_type": "markdown", "metadata": {}, "source": ["# bad()"]},
        {
            "cell_type": "code",
            "metadata": {},
            "outputs": [{"text": "bad()"}],
            "source": ["%time x = 1\n", "bad()\n", "é"],
        },
        {"cell_type": "code", "metadata": {}, "outputs": [], "source": "%%bash\nbad()"},
        {
            "cell_type": "code",
            "metadata": {"x": 1.0},
            "outputs": [],
            "source": ["bad()  # ml-lsp: ignore\n", "bad()"],
        },
    ],
    "metadata": {"kernelspec": {"name": "python3", "language": "python"}},
    "nbformat": 4,
    "nbformat_minor": 5,
}


@pytest.fixture
def notebook(rules, tmp_path, monkeypatch):
    def review(document, chosen, surroundings=None, memory=None):
        spans = [Span(*match.span()) for match in re.finditer(r"\bbad\b", document.text)]
        return tuple(rules[0].finding(span, edits=(Edit(span, "good"),), name="bad") for span in spans)

    monkeypatch.setattr(batch, "review_now", review)
    monkeypatch.setattr(rulebook, "shipped_rules", lambda: rules)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    path = Path("n.ipynb")
    path.write_text(json.dumps(NOTEBOOK, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    return path


def test_places_are_those_of_the_cell(notebook, capsysbinary):
    assert main(["check", "--format", "json"]) == 1
    found = json.loads(capsysbinary.readouterr().out)
    assert [(item["cell"], item["line"], item["column"]) for item in found] == [(1, 2, 1), (3, 2, 1)]
    main(["check"])
    assert b"n.ipynb:cell 2:2:1: critical" in capsysbinary.readouterr().out


def test_fixes_change_nothing_else(notebook):
    before = notebook.read_text(encoding="utf-8")
    assert main(["check", "--fix"]) == 0
    after = notebook.read_text(encoding="utf-8")
    changed = [
        (old, new) for old, new in zip(before.splitlines(), after.splitlines(), strict=True) if old != new
    ]
    assert changed == [('    "bad()\\n",', '    "good()\\n",'), ('    "bad()"', '    "good()"')]


def test_the_diff_is_of_the_file(notebook, capsysbinary):
    assert main(["check", "--diff"]) == 1
    assert b'+    "good()\\n",\n' in capsysbinary.readouterr().out


def test_what_is_no_notebook_is_said(notebook, capsysbinary):
    notebook.write_text('{"a": 1}')
    assert main(["check"]) == 0
    assert b"skipped: n.ipynb: not a notebook: " in capsysbinary.readouterr().err
    assert main(["check", "n.ipynb"]) == 2
    notebook.write_text("\n")
    assert main(["check", "n.ipynb"]) == 2
    assert b"error: n.ipynb: not a notebook: the file is empty" in capsysbinary.readouterr().err


def test_a_fix_may_put_another_magic_in_the_place_of_one(tmp_path, monkeypatch, capsysbinary):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    sources = ["!pip install einops\n", "import einops"], ["if True:\n", "    !pip3 install numpy\n"]
    cells = [{"cell_type": "code", "metadata": {}, "outputs": [], "source": list(lines)} for lines in sources]
    path = Path("n.ipynb")
    path.write_text(json.dumps({**NOTEBOOK, "cells": cells}, indent=1))
    assert main(["check", "--fix", "--select", "notebook/shell-pip"]) == 0
    fixed = json.loads(path.read_text())
    assert [cell["source"] for cell in fixed["cells"]] == [
        ["%pip install einops\n", "import einops"],
        ["if True:\n", "    %pip install numpy\n"],
    ]


def test_lines_are_shown_as_they_stand_in_the_notebook(tmp_path, monkeypatch, capsysbinary):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "source": ["%time 1\n", "!pip install 'é'\n"]}
    Path("n.ipynb").write_text(json.dumps({**NOTEBOOK, "cells": [cell, cell]}))
    chosen = ["--profile", "review", "--select", "notebook/shell-pip"]
    assert main(["check", *chosen]) == 1
    assert capsysbinary.readouterr().out.decode().count("1 | %time 1\n2 | !pip install 'é'\n  | ^^^^\n") == 2


@pytest.fixture
def fixed(tmp_path, monkeypatch):
    """Fixes the cells of a notebook in place and returns them."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    monkeypatch.chdir(tmp_path)

    def fix(*sources):
        cells = [{"cell_type": "code", "metadata": {}, "outputs": [], "source": source} for source in sources]
        path = Path("n.ipynb")
        path.write_text(json.dumps({**NOTEBOOK, "cells": cells}, indent=1))
        main(["check", "--fix", "--select", "notebook/shell-pip,yaml/load-without-loader"])
        return [cell["source"] for cell in json.loads(path.read_text())["cells"]]

    return fix


def test_cells_that_say_the_same_are_fixed_each_in_its_place(fixed):
    bad, good = "x = yaml.load(open('a'))", "x = yaml.safe_load(open('a'))"
    assert fixed("import yaml", bad, bad, ["a = 1\n", bad]) == ["import yaml", good, good, ["a = 1\n", good]]


def test_lines_that_look_the_same_when_hidden_from_python_are_told_apart(fixed):
    cells = ["import aaa"], ["!pip install aaa\n", "%pip install bbb"]
    assert fixed(*cells) == [["import aaa"], ["%pip install aaa\n", "%pip install bbb"]]
