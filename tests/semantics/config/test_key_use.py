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
    ("line", "leaves", "changes"),
    [
        ("print(cfg)", False, False),
        ("library(cfg)", True, False),
        ("Model(**cfg)", True, False),
        ("cfg['a'] = 1", False, True),
        ("cfg.update(a=1)", False, True),
        ("cfg.get('a')", False, False),
        ("library(cfg['a'])", False, False),
        ("o = SimpleNamespace(**cfg); library(o.a)", False, False),
        ("o = SimpleNamespace(**cfg); library(o)", True, False),
        ("o = SimpleNamespace(**cfg); o.a = 1", False, True),
        ("o = SimpleNamespace(**cfg); del o.a", False, True),
        ("o = SimpleNamespace(**cfg); setattr(o, 'a', 1)", True, False),
    ],
)
def test_what_goes_elsewhere(line: str, leaves: bool, changes: bool) -> None:
    found = use(f"from types import SimpleNamespace\ndef f(p):\n    cfg = yaml.safe_load(p)\n    {line}\n")
    assert (found.leaves, found.changes) == (leaves, changes)


@pytest.mark.parametrize(
    ("imports", "made"),
    [
        ("from types import SimpleNamespace", "SimpleNamespace(**cfg)"),
        ("import argparse", "argparse.Namespace(**cfg)"),
        ("from easydict import EasyDict as edict", "edict(cfg)"),
        ("import munch", "munch.munchify(cfg)"),
        ("from munch import Munch", "Munch.fromDict(cfg)"),
        ("from munch import Munch", "Munch(cfg)"),
        ("from box import Box", "Box(cfg, frozen_box=True)"),
        ("from addict import Dict", "Dict(cfg)"),
        ("class AttrDict(dict):\n    __getattr__ = dict.__getitem__", "AttrDict(cfg)"),
        (
            "class Dot(dict):\n    def __init__(self, *args, **kwargs):\n"
            "        super().__init__(*args, **kwargs)\n        self.__dict__ = self",
            "Dot(cfg)",
        ),
    ],
)
def test_keys_that_are_attributes(imports: str, made: str) -> None:
    found = use(f"""
{imports}

def read(p):
    cfg = yaml.safe_load(p)
    return {made}

class Trainer:
    def __init__(self, cfg):
        self.cfg = cfg
        self.lr = cfg.lr

    def fit(self):
        return self.cfg.model.width, self.cfg["seed"], self.lr, self.cfg.items()

def main(p):
    options = read(p)
    Trainer(options).fit()
    return options.steps
""")
    assert found.keys == {("lr",), ("model", "width"), ("seed",), ("steps",)}
    assert (found.leaves, found.changes) == (False, False)


@pytest.mark.parametrize(
    "body",
    [
        "    def __init__(self, lr):\n        self.lr = float(lr)",
        "    def check(self):\n        assert self['lr'] > 0",
    ],
)
def test_an_own_dict_that_does_more_is_not_looked_through(body: str) -> None:
    found = use(
        f"class Config(dict):\n{body}\n\ndef f(p):\n    cfg = Config(**yaml.safe_load(p))\n    print(cfg.lr)\n"
    )
    assert found.leaves
    assert found.keys == set()
