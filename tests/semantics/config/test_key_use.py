"""Which keys of a loaded configuration are read, and whether it is passed to what is not looked into."""

from __future__ import annotations

import pytest

from ml_lsp.semantics.body import ModuleView
from ml_lsp.semantics.config.key_use import KeyUse, key_use
from tests.semantics.bodies import inquiry


def use(text: str) -> KeyUse:
    """What is done with what the only `yaml.safe_load` of a text returns."""
    calls = (call for scope in ModuleView(inquiry(f"import yaml\n{text}")).scopes() for call in scope.calls)
    (made,) = (call for call in calls if call.name == "yaml.safe_load")
    return key_use(made)


def test_variables_and_nested_keys() -> None:
    found = use("""
def f(p):
    cfg = yaml.safe_load(p)
    model = cfg["model"]
    return model["width"], cfg["lr"], cfg[p], other["x"]
""")
    assert found.keys == {("model", "width"), ("lr",)}
    assert not found.leaves


def test_helpers_results_and_attributes() -> None:
    found = use("""
def read(p):
    return yaml.safe_load(p)

class Trainer:
    def __init__(self, cfg):
        self.cfg = cfg

    def fit(self):
        return self.cfg["a"], help_me(self.cfg)

def help_me(options, more=None):
    return options["b"], more["no"]

def main(p):
    Trainer(read(p)).fit()
""")
    assert found.keys == {("a",), ("b",)}
    assert {read.scope.name for read in found.reads} == {"fit", "help_me"}


@pytest.mark.parametrize(
    ("line", "leaves"),
    [
        ("print(cfg)", False),
        ("library(cfg)", True),
        ("Model(**cfg)", True),
        ("cfg['a'] = 1", True),
        ("cfg.update(a=1)", True),
        ("cfg.get('a')", False),
        ("library(cfg['a'])", False),
    ],
)
def test_what_goes_elsewhere(line: str, leaves: bool) -> None:
    assert use(f"def f(p):\n    cfg = yaml.safe_load(p)\n    {line}\n").leaves is leaves
