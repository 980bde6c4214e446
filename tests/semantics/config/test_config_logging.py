"""What a run's record is made of, and what the command line changes in a configuration."""

from __future__ import annotations

from ml_lsp.semantics.body import Body
from ml_lsp.semantics.config.config_logging import loaded_config, overrides, path_of, recorded
from ml_lsp.semantics.values import Const
from tests.semantics.bodies import inquiry

CODE = """\
import argparse
import mlflow
import wandb
import yaml
from omegaconf import OmegaConf

def main(args, values):
    path = "conf/a.yaml"
    with open(path) as file:
        cfg = yaml.safe_load(file)
    mlflow.log_params(dict(cfg))
    wandb.init(project="x")
    cfg["lr"] = args.lr
    cfg["model"]["width"] = args.width
    cfg.update(vars(args))
    cfg.update(seed=args.seed)
    setattr(cfg, "wd", args.wd)
    cfg["classes"] = len(values)
    values["lr"] = args.lr
    merged = OmegaConf.merge(cfg, OmegaConf.from_cli())
    OmegaConf.update(cfg, "depth", args.depth)
"""


def test_what_is_recorded_and_what_changes_it() -> None:
    scope = inquiry(CODE).function("main")
    assert scope is not None
    records = [(call, node) for call in scope.calls if (node := recorded(call)) is not None]
    [(call, node)] = records
    assert call.name == "mlflow.log_params"
    config = loaded_config(scope.value(node))
    assert config is not None
    assert path_of(config) == Const("conf/a.yaml")
    changes = list(overrides(Body((scope,)), config))
    assert [change.key for change in changes] == ["lr", "width", None, "seed", "wd", None, "depth"]
    assert [change.when for change in changes] == sorted(change.when for change in changes)
