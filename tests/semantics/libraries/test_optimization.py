"""Who optimises a LightningModule."""

from __future__ import annotations

import pytest

from ml_lsp.semantics.libraries.optimization import TrainingStep, optimization
from tests.semantics.bodies import inquiry

HEAD = "import lightning.pytorch as pl\nimport torch\nfrom zoo import Mixin\n\n"


def net(text: str, name: str = "Net"):
    found = inquiry(HEAD + text).class_(name)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("text", "who"),
    [
        ("class Net(pl.LightningModule):\n    def training_step(self, batch):\n        pass\n", "automatic"),
        ("class Net(pl.LightningModule):\n    automatic_optimization = False\n", "manual"),
        ("class Net(pl.LightningModule, Mixin):\n    pass\n", None),
        (
            "class Net(pl.LightningModule):\n    def __init__(self, manual):\n"
            "        self.automatic_optimization = not manual\n",
            None,
        ),
        (
            "class Net(pl.LightningModule):\n    pass\n\nnet = Net()\nnet.automatic_optimization = False\n",
            None,
        ),
        (
            "class Net(pl.LightningModule):\n    pass\n\nclass B(Net):\n    automatic_optimization = False\n",
            None,
        ),
        (
            "class B(pl.LightningModule):\n    automatic_optimization = False\n\nclass Net(B):\n    pass\n",
            "manual",
        ),
        (
            "class Net(pl.LightningModule):\n    pass\n\nclass B(pl.LightningModule):\n"
            "    automatic_optimization = False\n",
            "automatic",
        ),
    ],
)
def test_who_optimises(text: str, who: str | None) -> None:
    assert optimization(net(text)) == who


def training_step(*lines: str) -> TrainingStep:
    body = "".join(f"        {line}\n" for line in lines)
    made = net(
        "class Net(pl.LightningModule):\n    def __init__(self):\n        super().__init__()\n"
        "        self.net = torch.nn.Linear(1, 1)\n        self.opt = torch.optim.SGD(self.net.parameters())\n\n"
        f"    def training_step(self, batch, i):\n{body}"
    )
    return TrainingStep(made, made.methods["training_step"])


@pytest.mark.parametrize(
    ("line", "steps"),
    [
        ("self.optimizers().step()", 1),
        ("self.opt.step()", 1),
        ("a, b = self.optimizers(); b.step()", 1),
        ("for opt in self.optimizers(): opt.step()", 1),
        ("opt = torch.optim.SGD([batch]); opt.step()", 0),
        ("self.lr_schedulers().step()", 0),
        ("self.env.step(batch)", 0),
    ],
)
def test_steps(line: str, steps: int) -> None:
    assert len(training_step(line).steps()) == steps


@pytest.mark.parametrize(
    ("line", "may"),
    [
        ("return self.net(batch).mean()", False),
        ("self.log('a', 1); return self(batch).mean()", False),
        ("self.lr_schedulers().step(); return self(batch)", False),
        ("return self.algorithm.run(batch)", True),
        ("return self.update(batch)", True),
        ("return run(self, batch)", True),
        ("self.opt.step()", True),
        ("raise NotImplementedError", True),
    ],
)
def test_steps_out_of_sight(line: str, may: bool) -> None:
    assert training_step(line).may_be_stepped_out_of_sight() is may
