"""What the oracle finds out about real libraries, and about project code that uses them."""

import pytest

from ml_lsp.oracle.process import Place

from .asking import ask_all, write

pytestmark = pytest.mark.packages


@pytest.fixture
def ask(packages, warm_folder, tmp_path):
    """Ask about names in a project of the given files."""

    def asking(files, *names):
        write(tmp_path, files)
        return ask_all(Place((tmp_path,), packages.site_packages, packages.version), warm_folder, *names)

    return asking


MODELS = """
import torch
from torch import nn
from torch.utils.data import DataLoader

class Small(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(2, 2)
        self.criterion = make_loss()

    def forward(self, x):
        return self.head(x)

class Large(Small):
    def forward(self, x):
        return super().forward(x)

class Batches(DataLoader):
    pass

def build(kind):
    if kind == "small":
        return Small()
    return Large()

def make_loss():
    return nn.CrossEntropyLoss()

def pick_loss(name):
    return {"bce": nn.BCELoss, "mse": nn.MSELoss}[name]()

def batches(data):
    return Batches(data, batch_size=4)

logits = build("small")(torch.zeros(2, 2))
LEARNING_RATE = 3e-4
OPTIMIZER = "adam"
"""


def test_torch_names_have_their_public_spelling(ask):
    linear, load, adam, zeros, tensor = ask(
        {},
        "torch.nn.modules.linear.Linear",
        "torch.serialization.load",
        "torch.optim.Adam",
        "torch.zeros",
        "torch._tensor.Tensor",
    )
    assert (linear.kind, linear.name, linear.bases) == ("class", "torch.nn.Linear", ("torch.nn.Module",))
    assert linear.parameters == ("in_features", "out_features", "bias", "device", "dtype")
    assert (load.kind, load.name) == ("function", "torch.load")
    assert load.parameters[-1] == "**pickle_load_args"
    assert adam.bases == ("torch.optim.Optimizer",)
    assert (zeros.name, zeros.returns) == ("torch.zeros", ("torch.Tensor",))
    assert tensor.name == "torch.Tensor"


def test_a_tensor_comes_from_a_model_call(ask):
    forward, logits, large, linear = ask(
        {"models.py": MODELS},
        "models.Small.forward",
        "models.logits",
        "models.Large.forward",
        "torch.nn.Linear.forward",
    )
    assert forward.returns == ("torch.Tensor",)
    assert (logits.kind, logits.types) == ("instance", ("torch.Tensor",))
    assert large.returns == ("torch.Tensor",)
    assert linear.returns == ("torch.Tensor",)


def test_a_loss_comes_from_a_factory_in_the_project(ask):
    one, either = ask({"models.py": MODELS}, "models.make_loss", "models.pick_loss")
    assert one.returns == ("torch.nn.CrossEntropyLoss",)
    assert either.returns == ("torch.nn.BCELoss", "torch.nn.MSELoss")


def test_a_dataloader_subclass_and_who_makes_it(ask):
    batches, maker = ask({"models.py": MODELS}, "models.Batches", "models.batches")
    assert batches.bases == ("torch.utils.data.DataLoader",)
    assert "num_workers" in batches.parameters
    assert maker.returns == ("models.Batches",)


def test_a_factory_returns_one_of_two_models(ask):
    build, small = ask({"models.py": MODELS}, "models.build", "models.Small")
    assert (build.returns, build.parameters) == (("models.Large", "models.Small"), ("kind",))
    assert small.bases == ("torch.nn.Module",)


def test_an_attribute_set_in_the_base_class(ask):
    (criterion,) = ask({"models.py": MODELS}, "models.Large.criterion")
    assert (criterion.kind, criterion.types) == ("instance", ("torch.nn.CrossEntropyLoss",))
    assert "torch.nn.Module" in criterion.bases


def test_names_that_a_package_re_exports(ask):
    files = {
        "zoo/__init__.py": "from .net import Net as Model, build\nfrom torch.nn import Linear\n",
        "zoo/net.py": "from .base import Base\nclass Net(Base): ...\ndef build(): return Net()\n",
        "zoo/base.py": "import torch\nclass Base(torch.nn.Module): ...\n",
    }
    model, build, linear, zoo = ask(files, "zoo.Model", "zoo.build", "zoo.Linear", "zoo")
    assert (model.name, model.bases) == ("zoo.net.Net", ("zoo.base.Base", "torch.nn.Module"))
    assert (build.name, build.returns) == ("zoo.net.build", ("zoo.net.Net",))
    assert linear.name == "torch.nn.Linear"
    assert (zoo.kind, zoo.name) == ("module", "zoo")


def test_constants(ask):
    rate, optimizer, dtype = ask(
        {"models.py": MODELS}, "models.LEARNING_RATE", "models.OPTIMIZER", "torch.float16"
    )
    assert (rate.value, optimizer.value) == (3e-4, "adam")
    assert (dtype.types, dtype.value) == (("torch.dtype",), None)


def test_lightning_module_through_two_files(ask):
    files = {
        "base.py": "import lightning as L\nclass Base(L.LightningModule):\n    def __init__(self):\n"
        "        super().__init__()\n        self.lr = 0.1\n",
        "tasks.py": "from base import Base\nclass Task(Base): ...\ndef task(): return Task()\n",
    }
    task, maker, rate = ask(files, "tasks.Task", "tasks.task", "tasks.Task.lr")
    assert task.bases[:2] == ("base.Base", "lightning.LightningModule")
    assert "torch.nn.Module" in task.bases
    assert maker.returns == ("tasks.Task",)
    assert rate.value == 0.1


RAY = """
import ray

@ray.remote
def work(x): return x

@ray.remote(num_cpus=2)
def more_work(x): return x

@ray.remote
class Counter:
    def increment(self): return 1

@ray.remote(num_gpus=1)
class Trainer: ...

def plain(): ...
later = ray.remote(plain)
counter = Counter.remote()
trainer = Trainer.options(name="t").remote()
reference = work.remote(1)
counted = counter.increment.remote()
def start(): return more_work.remote(2)
def share(data): return ray.put(data)
"""


@pytest.mark.parametrize(
    ("name", "types"),
    [
        ("work", "ray.remote_function.RemoteFunction"),
        ("more_work", "ray.remote_function.RemoteFunction"),
        ("later", "ray.remote_function.RemoteFunction"),
        ("Counter", "ray.actor.ActorClass"),
        ("Trainer", "ray.actor.ActorClass"),
        ("counter", "ray.actor.ActorHandle"),
        ("trainer", "ray.actor.ActorHandle"),
        ("reference", "ray.ObjectRef"),
        ("counted", "ray.ObjectRef"),
    ],
)
def test_ray_functions_actors_and_references(ask, name, types):
    (answer,) = ask({"jobs.py": RAY}, f"jobs.{name}")
    assert (answer.kind, answer.types) == ("instance", (types,))


def test_what_starts_a_ray_task_returns_a_reference(ask):
    answers = ask({"jobs.py": RAY}, "jobs.start", "jobs.share", "jobs.work.remote", "ray.put")
    assert {answer.returns for answer in answers} == {("ray.ObjectRef",)}


def test_yaml_loaders_under_other_names(ask):
    files = {
        "conf.py": "try:\n    from yaml import CSafeLoader as Loader\nexcept ImportError:\n"
        "    from yaml import SafeLoader as Loader\nfrom yaml import Loader as Any\nimport yaml as y\n"
        "class Mine(y.FullLoader): ...\n"
    }
    safe, anything, mine = ask(files, "conf.Loader", "conf.Any", "conf.Mine")
    assert (safe.kind, safe.name, safe.returns) == ("class", "", ("yaml.CSafeLoader", "yaml.SafeLoader"))
    assert "SafeConstructor" in map(last, safe.bases)
    assert last(anything.name) == "Loader"
    assert "Constructor" in map(last, anything.bases)
    assert last(mine.bases[0]) == "FullLoader"


def last(name: str) -> str:
    """A name without its module: where stubs of PyYAML are installed, jedi reads them, and they spell that out."""
    return name.rpartition(".")[2]


def test_that_yaml_answers_nothing_rather_than_none(ask):
    (load,) = ask({}, "yaml.safe_load")
    assert (load.kind, load.returns) == ("function", ())


def test_a_typer_app_made_elsewhere(ask):
    files = {
        "shop/__init__.py": "",
        "shop/cli.py": "import typer\ndef make(): return typer.Typer(no_args_is_help=True)\napp = make()\n",
    }
    app, command, option = ask(files, "shop.cli.app", "shop.cli.app.command", "typer.Option")
    assert app.types == ("typer.Typer",)
    assert (command.kind, command.name) == ("function", "typer.Typer.command")
    assert option.name == "typer.Option"


def test_what_does_not_exist_is_unknown(ask):
    answers = ask({}, "torch.no_such_name", "no_such_package.thing", "torch.nn.Linear.no_such_method")
    assert [answer.kind for answer in answers] == ["unknown"] * 3
