"""Which files hold a word, told without parsing them, and how long the answer stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from ml_lsp.review import Document, Memory, Surroundings, review_now
from ml_lsp.semantics.notebook_code import Code
from ml_lsp.semantics.project import Project, remembered_of_code
from ml_lsp.semantics.words import holds_any
from ml_lsp.shelf import Shelf
from tests.examples import RULES


@pytest.mark.parametrize(
    ("text", "word", "held"),
    [
        ("lr = 1", "lr", True),
        ("already = 1", "lr", False),
        ("xlr, lr2, lr", "lr", True),
        ("_lr", "lr", False),
        ('open("configs/train.yaml")', "train.yaml", True),
        ('open("pretrain.yaml")', "train.yaml", False),
        ('if mode == "none":', '"none"', True),
        ('if mode == f"none":', '"none"', True),
        ("anything", "", False),
    ],
)
def test_word(text: str, word: str, held: bool) -> None:
    assert holds_any(text, [word]) is held
    assert holds_any(text, ["absent", word]) is held


def written(folder: Path, **texts: str) -> Project:
    for name, text in texts.items():
        (folder / f"{name}.py").write_text(text)
    return Shelf().project([folder], sorted(folder.glob("*.*")))


def names(paths: tuple[Path, ...]) -> list[str]:
    return [path.stem for path in paths]


def test_files_by_what_they_mention_and_import(tmp_path: Path) -> None:
    project = written(
        tmp_path, a="import yaml\n", b="x = 'yaml'\n", c="try: import yaml.nodes\nexcept E: pass\n"
    )
    assert names(project.mentioning("yaml")) == ["a", "b", "c"]
    assert names(project.importing("yaml")) == ["a", "c"]
    assert names(project.mentioning("x", "try")) == ["b", "c"]


def test_a_change_renews_what_rests_on_the_file(tmp_path: Path) -> None:
    project = written(tmp_path, a="lr = 1\n", b="x = 1\n")
    assert names(project.mentioning("lr")) == ["a"]
    remembered_of_code(project, lambda project: project.mentioning("lr"))
    assert project.renewed(tmp_path / "train.yaml").code_memory is project.code_memory
    (tmp_path / "b.py").write_text("lr = 12345\n")
    after = project.renewed(tmp_path / "b.py")
    assert names(after.mentioning("lr")) == ["a", "b"]
    assert after.code_memory == {}


def test_a_config_file_costs_only_the_modules_that_can_matter(tmp_path: Path) -> None:
    texts = {f"other{i}": f"def f{i}(x):\n    return x * {i}\n" for i in range(9)}
    reading = "import yaml\ncfg = yaml.safe_load(open('configs/train.yaml'))\nprint(cfg['clip'])\n"
    path = tmp_path / "configs/train.yaml"
    path.parent.mkdir()
    path.write_text("lr: 1e-3\nmode: off\nclip: None\n")
    shelf = Shelf()
    written(tmp_path, train=reading, **texts)
    project = shelf.project([tmp_path], [*sorted(tmp_path.glob("*.py")), path])
    read: list[str] = []

    def module_at(file: Path) -> object:
        read.append(file.stem)
        return shelf.module_at(file)

    object.__setattr__(project, "module_at", module_at)
    memory, around = Memory(), Surroundings(project=project)
    found = review_now(Document(path, path.read_text(), "yaml"), RULES, around, memory)
    assert {"yaml/scientific-notation-is-string", "yaml/none-is-a-string"} <= {one.rule for one in found}
    assert set(read) == {"train"}
    known = dict(project.code_memory)
    again = review_now(Document(path, "lr: 1e-4\nmode: off\nclip: None\n", "yaml"), RULES, around, memory)
    assert len(again) == len(found)
    assert set(read) == {"train"}
    assert project.code_memory == known


def test_files_by_the_config_files_they_name(tmp_path: Path) -> None:
    project = written(
        tmp_path,
        a="open('conf/train.yaml')\n",
        b="f'{root}train.yaml', \"ds.json\"\n",
        c="# pretrain.yaml\n",
        d="train.yamlish\n",
    )
    assert names(project.naming("train.yaml")) == ["a", "b"]
    assert names(project.naming("ds.json")) == ["b"]
    assert names(project.naming("nothing.yaml")) == []


def test_words_are_looked_for_in_the_newest_text(tmp_path: Path) -> None:
    shelf, path = Shelf(), tmp_path / "a.py"
    path.write_text("lr = 1\n")
    assert shelf.mentions(path, ("lr",))
    assert not shelf.mentions(path, ("wd",))
    shelf.in_editor[path] = Code("wd = 1\n")
    assert shelf.mentions(path, ("wd",))
    assert not shelf.mentions(path, ("lr",))
    del shelf.in_editor[path]
    assert shelf.mentions(path, ("lr",))
    assert not shelf.mentions(tmp_path / "none.py", ("lr",))
