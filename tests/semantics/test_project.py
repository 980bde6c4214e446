"""Names are followed into other files of the project, and a change there is reviewed here."""

from __future__ import annotations

from pathlib import Path

from ml_lsp.review import Document, Memory, Surroundings, review_now
from ml_lsp.semantics.callers import find_callers
from ml_lsp.semantics.gist import imported_names
from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.semantics.notebook_code import Code
from ml_lsp.semantics.types import ancestry, class_of
from ml_lsp.semantics.values import Global, Ref
from ml_lsp.shelf import Shelf
from tests.examples import RULES

MODELS = "from torch import nn\nclass Net(nn.Module):\n    pass\ndef build(n):\n    return Net()\n"


def project(folder: Path, **files: str) -> tuple[Shelf, list[Path]]:
    paths = []
    for name, text in files.items():
        path = folder / f"{name.replace('.', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        paths.append(path)
    return Shelf(), paths


def inquiry(folder: Path, file: str, **files: str) -> Inquiry:
    shelf, paths = project(folder, **files)
    module = shelf.module_at(folder / file)
    assert module is not None
    return Inquiry(module, project=shelf.project([folder], paths))


def class_at_end(asked: Inquiry, name: str) -> object:
    scope = asked.piece_scope(0)
    return ancestry(scope, class_of(scope, asked.global_value(name)))


def test_factory_in_another_file(tmp_path: Path) -> None:
    asked = inquiry(tmp_path, "train.py", models=MODELS, train="from models import build\nmodel = build(3)\n")
    assert "torch.nn.Module" in class_at_end(asked, "model")
    assert ("file", str(tmp_path / "models.py")) in asked.asked


def test_attribute_of_an_imported_module(tmp_path: Path) -> None:
    train = "import zoo.models\nm = zoo.models.build(1)\n"
    asked = inquiry(tmp_path, "train.py", train=train, **{"zoo.models": MODELS})
    assert "torch.nn.Module" in class_at_end(asked, "m")


def test_an_attribute_of_what_a_package_does_not_define_is_an_outside_name(tmp_path: Path) -> None:
    asked = inquiry(tmp_path, "train.py", train="import zoo\nm = zoo.nn.Net\n", **{"zoo.__init__": "a = 1\n"})
    assert asked.global_value("m") == Ref("zoo.nn.Net")


def test_name_re_exported_by_a_package(tmp_path: Path) -> None:
    asked = inquiry(
        tmp_path,
        "train.py",
        train="from zoo import Network, build\na = Network()\nb = build(2)\n",
        **{
            "zoo.models": MODELS,
            "zoo.__init__": "from .models import *\nfrom .models import Net as Network\n",
        },
    )
    assert "torch.nn.Module" in class_at_end(asked, "a")
    assert "torch.nn.Module" in class_at_end(asked, "b")


def test_base_class_in_another_file(tmp_path: Path) -> None:
    asked = inquiry(
        tmp_path, "train.py", models=MODELS, train="import models\nclass Big(models.Net): ...\nb = Big()\n"
    )
    assert "torch.nn.Module" in class_at_end(asked, "b")


def test_attribute_set_in_a_base_class_of_another_file(tmp_path: Path) -> None:
    base = "from torch import nn\nclass Base:\n    def __init__(self):\n        self.loss = nn.BCELoss()\n"
    train = (
        "from base import Base\nclass T(Base):\n    def go(self):\n        return self.loss\nt = T().go()\n"
    )
    asked = inquiry(tmp_path, "train.py", base=base, train=train)
    assert "torch.nn.BCELoss" in class_at_end(asked, "t")


def test_files_that_import_each_other(tmp_path: Path) -> None:
    asked = inquiry(tmp_path, "a.py", a="from b import x\ny = x\n", b="from a import y\nx = y\n")
    asked.global_value("y")


def test_callers_in_files_that_import(tmp_path: Path) -> None:
    asked = inquiry(
        tmp_path, "evaluation.py",
        evaluation="def evaluate(model):\n    return model\n",
        train="from evaluation import evaluate\nevaluate(1)\n",
        other="import evaluation\ndef f():\n    evaluation.evaluate(2)\n",
    )  # fmt: skip
    function = asked.function("evaluate")
    assert function is not None
    assert len(find_callers(function) or ()) == 2


def test_values_of_two_files_differ(tmp_path: Path) -> None:
    asked = inquiry(tmp_path, "train.py", models=MODELS, train="from models import Net\n")
    assert asked.global_value("Net") != Global("Net")


def test_a_change_in_another_file_is_reviewed_here(tmp_path: Path) -> None:
    helper = "def clear(optimizer):\n    pass\n"
    train = (
        "import torch\nfrom helper import clear\n\ndef fit(model, loader, loss_of):\n"
        "    optimizer = torch.optim.SGD(model.parameters(), 0.1)\n    for x, y in loader:\n"
        "        clear(optimizer)\n        loss_of(model(x), y).backward()\n        optimizer.step()\n"
    )
    shelf, paths = project(tmp_path, helper=helper, train=train)
    memory, document = Memory(), Document(tmp_path / "train.py", train)
    rules = [rule for rule in RULES if rule.id == "torch/missing-zero-grad"]

    def found() -> int:
        surroundings = Surroundings(project=shelf.project([tmp_path], paths))
        return len(review_now(document, rules, surroundings, memory))

    assert found() == 1
    shelf.in_editor[tmp_path / "helper.py"] = Code(helper.replace("pass", "optimizer.zero_grad()"))
    assert found() == 0
    del shelf.in_editor[tmp_path / "helper.py"]
    assert found() == 1


def test_imports_read_off_lines() -> None:
    text = (
        "import a, b.c as d\nfrom . import e\nfrom .f import (g,\n  h as i)\nif x:\n    from j.k import *\n"
        "from l import m  # from n import o\n"
    )
    assert imported_names(text) == ("a", "b.c", ".e", ".f.g", ".f.h", "j.k", "l.m")


def test_callers_are_unknown_until_the_files_are_listed(tmp_path: Path) -> None:
    shelf, _ = project(tmp_path, train="def evaluate():\n    pass\nevaluate()\n")
    module = shelf.module_at(tmp_path / "train.py")
    assert module is not None
    function = Inquiry(module, project=shelf.project([tmp_path])).function("evaluate")
    assert function is not None
    assert find_callers(function) is None


def test_imports_behind_a_byte_order_mark() -> None:
    assert imported_names("\ufeffimport torch\nfrom a import b\n") == imported_names(
        "import torch\nfrom a import b\n"
    )
