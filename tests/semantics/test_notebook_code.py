"""What the index has of notebooks: the Python of those that have to do with config files."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ml_lsp.review import Document, Surroundings, review_now
from ml_lsp.semantics.config.config_readers import loader_of, readers
from ml_lsp.semantics.config_file import ConfigFile
from ml_lsp.semantics.notebook_code import Code, code_of_file
from ml_lsp.shelf import Shelf
from tests.examples import RULES

READ = 'import yaml\n%matplotlib inline\ncfg = yaml.safe_load(open("configs/train.yaml"))'
CONFIG = "lr: 1e-3\n"


def notebook(*cells: str, output: str = "") -> str:
    made = [
        {
            "cell_type": "code", "metadata": {}, "execution_count": None, "source": cell.splitlines(keepends=True),
            "outputs": [{"output_type": "stream", "name": "stdout", "text": [output]}] if output else [],
        }
        for cell in cells
    ]  # fmt: skip
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (notebook("import yaml", "x = 1"), Code("import yaml\nx = 1\n", (0, 12))),
        (notebook('a = open("x.yml")'), Code('a = open("x.yml")\n', (0,))),
        (notebook('a = open("ds.json")'), Code('a = open("ds.json")\n', (0,))),
        (notebook("a = open('ds.json')"), Code("a = open('ds.json')\n", (0,))),
        (notebook('a = open("ds.toml")'), Code('a = open("ds.toml")\n', (0,))),
        (notebook("a = open('ds.toml')"), Code("a = open('ds.toml')\n", (0,))),
        (notebook("from omegaconf import OmegaConf"), Code("from omegaconf import OmegaConf\n", (0,))),
        (notebook("from hydra import compose"), Code("from hydra import compose\n", (0,))),
        (notebook("import json\nx = 1"), Code("")),
        ("yaml", Code("")),
        ("", Code("")),
    ],
)
def test_only_what_has_to_do_with_config_files(text: str, code: Code) -> None:
    assert code_of_file(Path("a.ipynb"), text) == code


def test_a_python_file_is_its_text() -> None:
    assert code_of_file(Path("a.py"), "x = 1\n") == Code("x = 1\n")


@pytest.fixture
def project(tmp_path: Path) -> tuple[Path, Shelf]:
    for name, text in {
        "configs/train.yaml": CONFIG,
        "explore.ipynb": notebook(READ, "lr = cfg['lr']", output="1e-3"),
        "other.ipynb": notebook("import torch"),
    }.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path, Shelf()


def around(folder: Path, shelf: Shelf) -> Surroundings:
    return Surroundings(project=shelf.project([folder], sorted(folder.rglob("*.*"))))


def reported(folder: Path, shelf: Shelf) -> list[str]:
    document = Document(folder / "configs/train.yaml", CONFIG, "yaml")
    return [found.rule for found in review_now(document, RULES, around(folder, shelf))]


def test_a_notebook_reads_a_file(project: tuple[Path, Shelf]) -> None:
    folder, shelf = project
    file = ConfigFile(folder / "configs/train.yaml", CONFIG, "yaml", around(folder, shelf).project)
    assert [module.path.name for module in readers(file)] == ["explore.ipynb"]
    assert loader_of(file) == "pyyaml"
    assert reported(folder, shelf) == ["yaml/scientific-notation-is-string"]


def test_what_a_notebook_does_with_a_value_counts(project: tuple[Path, Shelf]) -> None:
    folder, shelf = project
    (folder / "explore.ipynb").write_text(notebook(READ, "lr = float(cfg['lr'])"))
    assert reported(folder, shelf) == []


def test_a_notebook_in_an_editor_counts_as_it_stands_there(project: tuple[Path, Shelf]) -> None:
    folder, shelf = project
    first = READ.replace("%", " ") + "\n"
    text = first + "print((\nlr = float(cfg['lr'])\n"
    shelf.in_editor[folder / "explore.ipynb"] = Code(text, (0, len(first), len(first) + 8))
    assert reported(folder, shelf) == []


def test_cells_that_are_cut_elsewhere_are_followed_though_the_text_is_the_same(tmp_path: Path) -> None:
    shelf, path = Shelf(), tmp_path / "explore.ipynb"
    text = "print((\nlr = 1\n"
    found = []
    for cells in ((0,), (0, 8)):
        shelf.in_editor[path] = Code(text, cells)
        module = shelf.module_at(path)
        found.append(module.split.starts if module is not None else None)
    assert found == [(0,), (0, 8)]


def test_what_is_remembered_of_notebooks_follows_their_changes(project: tuple[Path, Shelf]) -> None:
    folder, shelf = project
    path = folder / "explore.ipynb"
    before = around(folder, shelf).project
    assert before is not None
    assert before.mentioning("lr", notebooks=True) == (path,)
    assert before.mentioning("lr") == ()
    assert before.importing("yaml", notebooks=True) == (path,)
    assert before.importing("yaml") == ()
    path.write_text(notebook("import yaml"))
    after = before.renewed(path)
    assert after.mentioning("lr", notebooks=True) == ()
    assert after.naming("train.yaml") == ()


def test_python_files_are_asked_of_no_notebook(project: tuple[Path, Shelf]) -> None:
    folder, shelf = project
    found = around(folder, shelf).project
    assert found is not None
    assert list(found.modules("yaml")) == []
    assert found.files == ()
