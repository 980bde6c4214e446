"""Targets in configs that lead into libraries: told once they are looked up, and only where they surely lead nowhere."""

from __future__ import annotations

from pathlib import Path

import pytest

from ml_lsp.finding import Finding
from ml_lsp.review import Document, Memory, Surroundings, review_now
from ml_lsp.semantics.outside import Outside
from ml_lsp.shelf import Shelf
from ml_lsp.text import apply
from tests.examples import RULES

HYDRA = "import hydra\nhydra.utils.instantiate(cfg)\n"
CLI = "from lightning.pytorch.cli import LightningCLI\nLightningCLI()\n"
LACKING = Outside("missing", where="torch.nn", near="Linear")
ONE = [rule for rule in RULES if rule.id == "config/hydra-target-unresolved"]


class Config:
    """A config beside a script, reviewed again and again."""

    def __init__(self, folder: Path, script: str = HYDRA) -> None:
        self.path = folder / "config.yaml"
        self.memory = Memory()
        files = {"train.py": script, "own/__init__.py": "", "own/nn.py": "class Net: ..."}
        for name, text in files.items():
            (folder / name).parent.mkdir(exist_ok=True)
            (folder / name).write_text(text)
        self.path.touch()
        self.project = Shelf().project([folder], [self.path, *(folder / name for name in files)])

    def found(self, text: str, **outside: Outside) -> tuple[Finding, ...]:
        """What is found in a text when these names, with `_` for the dots, are known."""
        known = {name.replace("_", "."): told for name, told in outside.items()}
        surroundings = Surroundings(project=self.project, outside=known)
        return review_now(Document(self.path, text, "yaml"), ONE, surroundings, self.memory)

    def asked(self, text: str) -> frozenset[str]:
        """The outside names about which a review of a text asks."""
        self.found(text)
        return self.memory.outside_names(self.path)


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return Config(tmp_path)


def test_a_target_is_told_missing_once_that_is_known(config: Config) -> None:
    text = "model:\n  _target_: torch.nn.Linaer # c\n"
    assert config.found(text) == ()
    [found] = config.found(text, torch_nn_Linaer=LACKING)
    assert text[slice(*found.span)] == "torch.nn.Linaer"
    assert found.message.startswith("`torch.nn`, as it is installed, has no `Linaer`: instantiate()")
    assert found.fix is not None
    assert not found.fix.safe
    assert apply(text, found.fix.edits) == "model:\n  _target_: torch.nn.Linear # c\n"
    assert config.found(text) == ()  # it is there again


def test_a_review_is_done_again_only_for_what_was_asked(config: Config) -> None:
    text = "model: {_target_: torch.nn.Linaer}\n"
    first = config.found(text, torch_nn_Linaer=LACKING)
    assert config.found(text, torch_nn_Linaer=LACKING, torch_nn_Other=LACKING) is first
    assert config.found(text, torch_nn_Linaer=Outside("class")) == ()


def test_a_module_in_the_middle_and_one_without_a_near_name(config: Config) -> None:
    text = "a: {_target_: torch.nnn.Linear}\n"
    [found] = config.found(text, torch_nnn_Linear=Outside("missing", where="torch", near="nn"))
    assert found.fix is not None
    assert apply(text, found.fix.edits) == "a: {_target_: torch.nn.Linear}\n"
    [found] = config.found(text, torch_nnn_Linear=Outside("missing", where="torch"))
    assert found.fix is None


@pytest.mark.parametrize("kind", ["class", "function", "module", "instance"])
def test_what_is_there_is_fine(config: Config, kind: str) -> None:
    assert config.found("a: {_target_: torch.nn.Linear}\n", torch_nn_Linear=Outside(kind)) == ()


def test_only_names_that_lead_out_of_the_workspace_are_asked_about(config: Config) -> None:
    text = "\n".join(
        f"a{number}: {{_target_: {name}}}"
        for number, name in enumerate(
            ["torch.nn.Linear", "own.nn.Net", "own.nn.Nett", "train.main", "print", "'a b.c'", "3", "torch..nn",
             "'${x}.y'", "[torch.x]", "torch.optim.Adam"]
        )
    )  # fmt: skip
    assert config.asked(text) == {"torch.nn.Linear", "torch.optim.Adam"}
    assert config.asked("a: torch.nn.Linear\n") == frozenset()


def test_nothing_is_asked_where_nothing_is_made_of_targets(tmp_path: Path) -> None:
    reading = Config(tmp_path, "from omegaconf import OmegaConf\nprint(OmegaConf.load('config.yaml'))\n")
    assert reading.asked("a: {_target_: torch.nn.Linear}\n") == frozenset()


def test_what_lightning_makes(tmp_path: Path) -> None:
    config, text = Config(tmp_path, CLI), "model: {class_path: torch.nn.Linaer}\n"
    [found] = config.found(text, torch_nn_Linaer=LACKING)
    assert "LightningCLI stops" in found.message
    assert config.asked("optimizer: {class_path: Adam}\n") == frozenset()  # a short name


def test_python_takes_no_notice_of_what_is_missing() -> None:
    loop = "    for y in x:\n        y.backward()\n        opt.step()\n"
    text = f"import torch\nimport zoo\n\ndef fit(x):\n    opt = zoo.Fancy(x)\n{loop}"
    document = Document(Path("train.py"), text)
    plain = review_now(document, RULES)
    lacking = {name: Outside("missing", where="zoo") for name in ("zoo.Fancy", "zoo.Fancy.step")}
    assert review_now(document, RULES, Surroundings(outside=lacking)) == plain
