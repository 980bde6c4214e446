"""What is a configuration of OmegaConf, and where in it a value is read."""

from __future__ import annotations

import pytest

from ml_lsp.semantics.config.omegaconf import ConfigPath, config_path
from tests.semantics.bodies import inquiry

CODE = """\
import hydra
import yaml
from omegaconf import DictConfig, OmegaConf

base = OmegaConf.load("a.yaml")
plain = OmegaConf.to_container(base)
read = yaml.safe_load("a: 1")

@hydra.main(version_base=None, config_path="conf", config_name="config")
def main(cfg, other=None):
    {0}

def build(cfg: DictConfig, data: dict, either: DictConfig | dict, flag):
    {0}
"""


@pytest.mark.parametrize(
    ("function", "expression", "keys"),
    [
        ("main", "cfg", ()),
        ("main", "cfg.model.layers", ("model", "layers")),
        ("main", "cfg['model'].layers", ("model", "layers")),
        ("main", "other", None),
        ("main", "base.lr", ("lr",)),
        ("main", "plain", None),
        ("main", "read['a']", None),
        ("main", "OmegaConf.merge(base, cfg).x", ("x",)),
        ("main", "cfg.gpus[0]", None),
        ("main", "cfg.a if other else cfg.a", ("a",)),
        ("main", "cfg.a if other else cfg.b", None),
        ("build", "cfg.a", ("a",)),
        ("build", "data['a']", None),
        ("build", "either.a", None),
        ("build", "list(cfg.a)", None),
    ],
)
def test_where_a_value_is_read(function: str, expression: str, keys: tuple[str, ...] | None) -> None:
    scope = inquiry(CODE.format(f"use({expression})")).function(function)
    assert scope is not None
    call = next(call for call in scope.calls if call.scope.text(call.node.func) == "use")
    found = config_path(scope.value(call.node.args[0]))
    assert found == (ConfigPath(keys) if keys is not None else None)
