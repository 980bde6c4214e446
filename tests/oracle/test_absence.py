"""What an installed package lacks: told where its texts tell, and not where anything might make the name."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from ml_lsp.oracle.absence import Absence, absence
from ml_lsp.oracle.process import Place
from ml_lsp.oracle.question import Answer

from .asking import ask_all, write

ZOO = {
    "zoo/__init__.py": "from .layers import *\nfrom . import optim as optim\nfrom zoo.wide import Wide\n",
    "zoo/layers.py": "from .inner import *\nclass Linear: ...\n",
    "zoo/inner.py": "__all__ = ['Dropout']\nclass Dropout: ...\n",
    "zoo/optim/__init__.py": "from .adam import Adam, AdamW\n",
    "zoo/optim/adam.py": "if True:\n    class Adam: ...\nAdamW = Adam\n",
    "zoo/wide.py": "import zoo\nclass Wide:\n    def fit(self): ...\n",
    "zoo/data/table.csv": "",
}


def told(tmp_path: Path, name: str, **texts: str) -> Absence | None:
    """What is said of a name in the package `zoo` with other texts of its modules; that of the package is `top`."""
    changed = {f"zoo/{'__init__' if module == 'top' else module}.py": text for module, text in texts.items()}
    write(tmp_path, {**ZOO, **changed})
    return absence(name, [str(tmp_path)])


@pytest.mark.parametrize(
    ("name", "module", "lacking", "near"),
    [
        ("zoo.Linaer", "zoo", "Linaer", "Linear"),
        ("zoo.Dropuot", "zoo", "Dropuot", "Dropout"),
        ("zoo.optim.Adamm", "zoo.optim", "Adamm", ""),  # of two
        ("zoo.optim.adam.Sgd", "zoo.optim.adam", "Sgd", ""),
        ("zoo.optmi.Adam", "zoo", "optmi", "optim"),
        ("zoo.optim.adma.Adam", "zoo.optim", "adma", "adam"),
        ("zoo.wide.Wild", "zoo.wide", "Wild", ""),
        ("zoo.layers.Conv.make", "zoo.layers", "Conv", ""),
    ],
)
def test_what_is_surely_not_there(tmp_path: Path, name: str, module: str, lacking: str, near: str) -> None:
    assert told(tmp_path, name) == Absence(module, lacking, near)


@pytest.mark.parametrize(
    "name",
    [
        "zoo", "zoo.Linear", "zoo.Dropout", "zoo.optim", "zoo.optim.Adam", "zoo.optim.adam.Adam", "zoo.wide.Wide",
        "zoo.optim.Adam.anything",  # what a class inherits is not looked for
        "zoo.data", "zoo.data.table",  # a folder without a module of its own
        "other.Thing",  # not installed
        "collections.Thing", "json.Thing",  # of the standard library
        "zoo..Linear", ".zoo", "zoo.",
    ],
)  # fmt: skip
def test_what_is_there_or_cannot_be_told(tmp_path: Path, name: str) -> None:
    assert told(tmp_path, name) is None


@pytest.mark.parametrize(
    "text",
    [
        "def __getattr__(name): ...",
        "__getattr__, __dir__ = attach(__name__)",
        "from .lazily import __getattr__",
        "import sys\nsys.modules[__name__] = _LazyModule(__name__)",
        "for name in names: globals()[name] = 1",
        "for name in names:\n    locals()[name] = 1",
        "vars().update(names)",
        "here = locals()\nhere[name] = 1",
        "exec(text)",
        "setattr(zoo, name, 1)",
        "import importlib\nhere = importlib.import_module(__name__)",
        "from math import *",
        "from ._compiled import *",
        "from .gone import *",
        "from .... import *",
        "from .broken import *",
        "from .dynamic import *",
        "# Linaer is made elsewhere",
        "def make():\n    global Linaer\n    Linaer = 1",
        "__path__ = extend_path(__path__, __name__)",
        "x = (",
        "\0",
    ],
)
def test_a_module_that_may_make_names_is_not_judged(tmp_path: Path, text: str) -> None:
    write(tmp_path, {"zoo/broken.py": "x = (", "zoo/dynamic.py": "def __getattr__(name): ..."})
    (tmp_path / "zoo/_compiled.cpython-311-x86_64-linux-gnu.so").write_bytes(b"\x7fELF")
    assert told(tmp_path, "zoo.Linaer", top=text) is None
    assert told(tmp_path, "zoo.Linaer", top="from .layers import *", layers=text) is None


def test_what_a_function_does_with_its_own_names_is_no_reason(tmp_path: Path) -> None:
    text = "def fit(x):\n    arguments = dict(locals())\n    return vars(x)\nclass Linear: ...\n"
    assert told(tmp_path, "zoo.Linaer", top=text) == Absence("zoo", "Linaer", "Linear")


@pytest.mark.parametrize(
    "text",
    [
        "from .wide import Wide as wide",
        "class wide: ...",
        "from .layers import *\nwide = 1",
        "import other as wide",
        "from .wide import *",
    ],
)
def test_a_package_may_give_the_name_of_its_module_to_something_else(tmp_path: Path, text: str) -> None:
    assert told(tmp_path, "zoo.wide.Wild", top=text, wide="class wide: ...") is None


def test_another_module_of_the_package_may_set_the_name(tmp_path: Path) -> None:
    text = "import zoo.optim\nzoo.optim.Old = setattr(zoo.layers, 'Older', 1)\n"
    write(tmp_path, {"zoo/old/graveyard.py": text, "zoo/optim/stub.pyi": "class Stubbed: ..."})
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "zoo/pipe.py")
    names = ("zoo.optim.Old", "zoo.layers.Older", "zoo.Stubbed")
    assert [told(tmp_path, name) for name in names] == [None] * 3
    assert told(tmp_path, "zoo.optim.Olde") == Absence("zoo.optim", "Olde", "")


def test_a_compiled_module_is_not_judged(tmp_path: Path) -> None:
    write(tmp_path, ZOO)
    (tmp_path / "zoo/fast.cpython-311-x86_64-linux-gnu.so").write_bytes(b"\x7fELF")
    (tmp_path / "zoo/old.pyc").write_bytes(b"")
    assert [absence(f"zoo.{name}", [str(tmp_path)]) for name in ("fast.Net", "fast", "old.Net")] == [None] * 3


def test_star_imports_in_a_ring_end(tmp_path: Path) -> None:
    found = told(tmp_path, "zoo.Conv", layers="from .inner import *", inner="from .layers import *")
    assert found == Absence("zoo", "Conv", "")


def test_a_package_of_the_project_goes_first(tmp_path: Path) -> None:
    write(tmp_path, ZOO)
    write(tmp_path / "own", {"zoo.py": "class Net: ..."})
    own = str(tmp_path / "own")
    assert absence("zoo.Net", [own, str(tmp_path)], [own]) is None
    assert absence("zoo.Net", [own, str(tmp_path)]) is None  # it is a plain text that has it


def test_the_worker_says_what_is_missing(tmp_path: Path) -> None:
    write(tmp_path / "site", ZOO)
    place = Place((), (tmp_path / "site",), (3, 11))
    missing, there, unknown = ask_all(place, tmp_path / "cache", "zoo.Linaer", "zoo.Linear", "nowhere.Net")
    assert missing == Answer("missing", "zoo", near="Linear")
    assert (there.kind, unknown.kind) == ("class", "unknown")
    assert ask_all(place, tmp_path / "cache", "zoo.Linaer") == [missing]  # as it was kept


@pytest.mark.packages
def test_real_libraries(packages, warm_folder) -> None:
    folders = [str(folder) for folder in packages.site_packages]

    def near(name: str) -> str | None:
        found = absence(name, folders)
        return found and (found.near or "-")

    assert near("torch.nn.Linaer") == "Linear"
    assert near("torch.optim.Adamm") == "-"
    assert near("torch.optim.lr_scheduler.ReduceLROnPlateuu") == "ReduceLROnPlateau"
    assert near("lightning.pytorch.callbacks.ModelCheckpointt") == "ModelCheckpoint"
    there = ["torch.optim.AdamW", "torch.nn.Linear", "torch.Tensor", "torch.optim.lr_scheduler.StepLR",
             "torch.nn.functional.relu", "lightning.pytorch.loggers.comet.CometLogger", "lightning.pytorch.Trainer",
             "lightning.pytorch.trainer.Trainer", "torch.utils.data.DataLoader", "torch.float32"]  # fmt: skip
    assert [name for name in there if near(name)] == []
    assert near("torch.Tensorr") is None  # made while it runs
