"""Pages and checks are paired by name; a check that cannot be is told of in words."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from ml_lsp import registry
from ml_lsp.page_form import CatalogueError


def _rule(subject: object, rule: object) -> None: ...


@pytest.mark.parametrize(
    ("names", "said"),
    [
        ({"chek": _rule}, "has no function `check"),
        ({"check": lambda subject, rule: ()}, "must be annotated with one of Call, Loop, Body"),
        ({"check": lambda: ()}, "must be annotated with one of Call, Loop, Body"),
        ({"check": _rule}, "must be annotated with one of Call, Loop, Body"),
    ],
    ids=["misspelt", "no annotation", "no parameter", "another type"],
)
def test_a_check_that_is_none_is_told_of(names, said, monkeypatch) -> None:
    module = ModuleType("ml_lsp.checks.torch.odd")
    vars(module).update(names)
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(registry, "find_spec", lambda name: object())
    with pytest.raises(CatalogueError, match="torch/odd: ") as caught:
        registry._check_of.__wrapped__("torch/odd")
    assert said in str(caught.value)
