"""Dotted names: what a local name was imported as, and the one public spelling of a re-exported name."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

# Left: how code may spell it. Right: the spelling that rules use. The longest prefix wins.
_SPELLINGS = {
    "pytorch_lightning": "lightning.pytorch",
    "lightning.LightningModule": "lightning.pytorch.LightningModule",
    "lightning.LightningDataModule": "lightning.pytorch.LightningDataModule",
    "lightning.Trainer": "lightning.pytorch.Trainer",
    "lightning.Callback": "lightning.pytorch.callbacks.Callback",
    "lightning.seed_everything": "lightning.pytorch.seed_everything",
    "lightning.fabric.utilities.seed.seed_everything": "lightning.pytorch.seed_everything",
    "lightning.fabric.seed_everything": "lightning.pytorch.seed_everything",
    "lightning.pytorch.Callback": "lightning.pytorch.callbacks.Callback",
    "lightning.pytorch.core.LightningModule": "lightning.pytorch.LightningModule",
    "lightning.pytorch.core.LightningDataModule": "lightning.pytorch.LightningDataModule",
    "lightning.pytorch.core.module.LightningModule": "lightning.pytorch.LightningModule",
    "lightning.pytorch.core.lightning.LightningModule": "lightning.pytorch.LightningModule",
    "lightning.pytorch.core.datamodule.LightningDataModule": "lightning.pytorch.LightningDataModule",
    "lightning.pytorch.trainer.Trainer": "lightning.pytorch.Trainer",
    "lightning.pytorch.trainer.trainer.Trainer": "lightning.pytorch.Trainer",
    "lightning.pytorch.utilities.seed.seed_everything": "lightning.pytorch.seed_everything",
    "lightning_fabric": "lightning.fabric",
    "lightning.Fabric": "lightning.fabric.Fabric",
    "torch.nn.modules": "torch.nn",
    "torch.nn.parameter": "torch.nn",
    "torch.nn.utils.clip_grad": "torch.nn.utils",
    "torch.nn.utils.rnn": "torch.nn.utils.rnn",
    "torch.nn.parallel.data_parallel.DataParallel": "torch.nn.DataParallel",
    "torch.nn.parallel.DataParallel": "torch.nn.DataParallel",
    "torch.nn.parallel.distributed.DistributedDataParallel": "torch.nn.parallel.DistributedDataParallel",
    "torch.utils.data.dataloader": "torch.utils.data",
    "torch.utils.data.dataset": "torch.utils.data",
    "torch.utils.data.sampler": "torch.utils.data",
    "torch.utils.data.distributed.DistributedSampler": "torch.utils.data.DistributedSampler",
    "torch.tensor.Tensor": "torch.Tensor",
    "torch._tensor.Tensor": "torch.Tensor",
    "torch.autocast": "torch.amp.autocast",
    "torch.amp.autocast_mode": "torch.amp",
    "torch.amp.grad_scaler": "torch.amp",
    "torch.cuda.amp.autocast_mode": "torch.cuda.amp",
    "torch.cuda.amp.grad_scaler": "torch.cuda.amp",
    "torch.cpu.amp.autocast_mode": "torch.cpu.amp",
    "torch.autograd.grad_mode": "torch",
    "torch.autograd.no_grad": "torch.no_grad",
    "torch.autograd.enable_grad": "torch.enable_grad",
    "torch.autograd.set_grad_enabled": "torch.set_grad_enabled",
    "torch.autograd.inference_mode": "torch.inference_mode",
    "torch.autograd.variable.Variable": "torch.autograd.Variable",
    "torch.random.manual_seed": "torch.manual_seed",
    "torch.serialization.load": "torch.load",
    "torch.serialization.save": "torch.save",
    "torch.special.softmax": "torch.softmax",
    "torch.special.expit": "torch.sigmoid",
    "tensorflow.keras": "keras",
    "tensorflow.python.keras": "keras",
    "tf_keras": "keras",
    "keras.src": "keras",
    "keras.models.Sequential": "keras.Sequential",
    "keras.models.Model": "keras.Model",
    "keras.engine.sequential.Sequential": "keras.Sequential",
    "keras.engine.training.Model": "keras.Model",
    "keras.layers.core": "keras.layers",
    "tensorflow.compat.v1": "tensorflow.compat.v1",
    "tensorflow.compat.v2": "tensorflow",
    "sklearn.cross_validation": "sklearn.model_selection",
    "yaml.loader": "yaml",
    "yaml.cyaml": "yaml",
    "mlflow.tracking.fluent": "mlflow",
    "mlflow.tracking.client.MlflowClient": "mlflow.MlflowClient",
    "mlflow.tracking.MlflowClient": "mlflow.MlflowClient",
    "mlflow.client.MlflowClient": "mlflow.MlflowClient",
    "kan.MultKAN.KAN": "kan.KAN",
    "kan.MultKAN.MultKAN": "kan.MultKAN",
    "kan.KAN.KAN": "kan.KAN",
    "kan.utils.create_dataset": "kan.create_dataset",
    "loguru._logger.Logger": "loguru.Logger",
    "ray.air.session": "ray.train",
    "ray.remote_function.remote": "ray.remote",
    "ray.worker.get": "ray.get",
    "typer.params.Option": "typer.Option",
    "typer.params.Argument": "typer.Argument",
    "typer.main.Typer": "typer.Typer",
    "transformers.trainer.Trainer": "transformers.Trainer",
    "transformers.training_args.TrainingArguments": "transformers.TrainingArguments",
    "numpy.random.mtrand": "numpy.random",
    "random.random.Random": "random.Random",
}

# Deep modules of which the class at the end is re-exported from the package: torch.optim.adam.Adam and the like.
_DEEP_MODULE = re.compile(
    r"(torch\.optim\.lr_scheduler|torch\.optim(?!\.lr_scheduler\.)|torch\.nn|torch\.utils\.data|lightning\.pytorch\.callbacks"
    r"|lightning\.pytorch\.loggers|sklearn\.(?!feature_extraction\b|gaussian_process\b)\w+|torchvision\.models"
    r"|torchvision\.transforms\.v2|torchvision\.transforms(?!\.v2\.)|torchvision\.datasets|transformers"
    r"|keras\.(?!preprocessing\b)\w+)\.(?:[a-z_]\w*\.)+([A-Z]\w*)\Z"
)


@lru_cache(maxsize=8192)
def public(name: str) -> str:
    """The public spelling of a dotted name: `torch.nn.modules.loss.BCELoss` is `torch.nn.BCELoss`.

    A name that is not known to be a re-export is returned as it is.
    """
    for _ in range(4):
        spelled = _respell(name)
        if spelled == name:
            break
        name = spelled
    found = _DEEP_MODULE.match(name)
    if found and not name.startswith(("torch.nn.utils", "torch.nn.parallel", "torch.nn.functional")):
        return f"{found.group(1)}.{found.group(2)}"
    return name


def _respell(name: str) -> str:
    prefix = name
    while prefix:
        spelling = _SPELLINGS.get(prefix)
        if spelling is not None and spelling != prefix:
            return spelling + name[len(prefix) :]
        prefix = prefix.rpartition(".")[0]
    return name


class Import(tuple[str, str]):
    """A local name and the dotted name it stands for; `*` as local name for a star import."""

    __slots__ = ()

    @property
    def local(self) -> str:
        """The name bound in the importing file."""
        return self[0]

    @property
    def target(self) -> str:
        """The dotted name it stands for; leading dots keep a relative import relative."""
        return self[1]


def imports_of(statement: ast.Import | ast.ImportFrom) -> Iterable[Import]:
    """The names that an import statement binds."""
    if isinstance(statement, ast.Import):
        for alias in statement.names:
            if alias.asname:
                yield Import((alias.asname, alias.name))
            else:
                root = alias.name.partition(".")[0]
                yield Import((root, root))
        return
    module = "." * statement.level + (statement.module or "")
    for alias in statement.names:
        joint = "" if module.endswith(".") or not module else "."
        yield Import((alias.asname or alias.name, f"{module}{joint}{alias.name}"))


def chain(node: ast.expr) -> tuple[str, ...] | None:
    """The parts of a name written as `a.b.c`; None for any other expression."""
    parts: list[str] = []
    while isinstance(node, ast.Attribute):
        parts.append(node.attr)
        node = node.value
    if not isinstance(node, ast.Name):
        return None
    parts.append(node.id)
    return tuple(reversed(parts))


def resolve(parts: tuple[str, ...], imports: Mapping[str, str]) -> str | None:
    """The public dotted name of `parts` if its first part was imported, else None."""
    target = imports.get(parts[0])
    return None if target is None else public(".".join((target, *parts[1:])))
