"""Held-out data, as the names that they go by say."""

from __future__ import annotations

import pytest

from ml_lsp.semantics.torch.held_out import is_held_out, purposes, side
from tests.semantics.bodies import function


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (["val_loader"], True),
        (["testset"], True),
        (["devData"], True),
        (["train_loader"], False),
        (["train_val_loader"], None),
        (["val_loader", "train_set"], None),
        (["latest", "contest", "device"], None),
        ([], None),
    ],
)
def test_what_names_say(names: list[str], found: bool | None) -> None:
    assert side(names) is found


@pytest.mark.parametrize(
    ("statement", "names"),
    [
        ("val = make()", ["val"]),
        ("self.val_dl: int = make()", ["val_dl"]),
        ("a, b = other, make()", ["b"]),
        ("loaders['test'] = make()", ["test"]),
        ("loaders = {'train': other, 'val': make()}", ["loaders", "val"]),
        ("fit(train=other, val_loader=make())", ["val_loader"]),
        ("return make()", ["val_loader"]),
        ("return other, make()", []),
        ("make()", []),
    ],
)
def test_the_names_that_an_expression_goes_by(statement: str, names: list[str]) -> None:
    scope = function(f"def val_loader(self, other, loaders, fit, make):\n    {statement}\n", "val_loader")
    call = next(call for call in scope.calls if not call.node.args and not call.node.keywords)
    assert list(purposes(scope, call.node)) == names


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("val_loader = DataLoader(ds)", True),
        ("loader = DataLoader(val_set)", True),
        ("loader = DataLoader(MNIST('d', train=False))", True),
        ("loader = DataLoader(SVHN('d', split='test'))", True),
        ("loader = DataLoader(SVHN('d', split='extra'))", None),
        ("test_loader = DataLoader(MNIST('d', train=True))", None),
        ("train_loader = DataLoader(test_set)", None),
        ("train_loader = DataLoader(ds)", False),
        ("train_val_loader = DataLoader(val_set)", None),
        ("loader = DataLoader(ds)", None),
    ],
)
def test_whether_a_loader_is_for_held_out_data(statement: str, found: bool | None) -> None:
    text = (
        "from torch.utils.data import DataLoader\nfrom torchvision.datasets import MNIST, SVHN\n"
        f"def f(ds, val_set, test_set):\n    {statement}\n"
    )
    call = next(call for call in function(text).calls if call.name == "torch.utils.data.DataLoader")
    assert is_held_out(call) is found
