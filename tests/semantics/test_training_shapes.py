"""Accumulation, replaced and frozen layers, autocast, guards: the shapes of code around a training step."""

from __future__ import annotations

import pytest

from ml_lsp.semantics.torch.accumulation import accumulation
from ml_lsp.semantics.torch.autocasting import is_under_cuda_autocast
from ml_lsp.semantics.torch.grad_modes import grad_guard
from ml_lsp.semantics.torch.instances import is_called
from ml_lsp.semantics.torch.loaded import uses
from ml_lsp.semantics.torch.submodules import frozen_modules, replaced_layers, thaws
from ml_lsp.semantics.torch.training import train_loop
from tests.semantics.bodies import body, function, inquiry, loop

HEAD = "import torch\nimport torch.nn as nn\nimport torch.nn.functional as F\nfrom torchvision.models import resnet18\n"


@pytest.mark.parametrize(
    ("loss", "test", "unscaled"),
    [
        ("F.mse_loss(x, y)", "(i + 1) % n == 0", True),
        ("F.mse_loss(x, y) / n", "(i + 1) % n == 0", False),
        ("F.mse_loss(x, y, reduction='sum')", "(i + 1) % n == 0", False),
        ("F.mse_loss(x, y)", "i % n == 0 or i == 3", True),
        ("F.mse_loss(x, y)", "i % 1 == 0", None),
        ("F.mse_loss(x, y)", "i == n", None),
    ],
)
def test_accumulation(loss: str, test: str, unscaled: bool | None) -> None:
    training = train_loop(
        loop(
            f"{HEAD}def f(loader, opt, n):\n    for i, (x, y) in enumerate(loader):\n        loss = {loss}\n"
            f"        loss.backward()\n        if {test}:\n            opt.step()\n            opt.zero_grad()\n"
        )
    )
    assert training is not None
    found = accumulation(training)
    assert (found.is_unscaled_mean if found else None) is unscaled


@pytest.mark.parametrize(
    ("statement", "replaces"),
    [
        ("model.fc = nn.Linear(2, 3)", True),
        ("model.classifier[6] = nn.Linear(2, 3)", True),
        ("model.fc = nn.Sequential(nn.Dropout(), nn.Linear(model.fc.in_features, 3))", True),
        ("model.fc = nn.Sequential(nn.Dropout(), model.fc)", False),
        ("model.act = nn.ReLU()", False),
        ("model.fc = torch.compile(model.fc)", False),
        ("fc = nn.Linear(2, 3)", False),
    ],
)
def test_replaced_layers(statement: str, replaces: bool) -> None:
    found = body(f"{HEAD}def f():\n    model = resnet18()\n    {statement}\n")
    assert bool(list(replaced_layers(found))) is replaces


@pytest.mark.parametrize(
    ("code", "freezes", "again"),
    [
        ("for p in model.parameters():\n        p.requires_grad = False", True, False),
        ("for n, p in model.named_parameters():\n        p.requires_grad = False", True, False),
        ("for p in model.parameters():\n        if p.x:\n            p.requires_grad = False", False, False),
        ("model.requires_grad_(False)", True, False),
        ("model.requires_grad_(True)", False, True),
        ("for p in model.parameters():\n        p.requires_grad = flag", False, True),
    ],
)
def test_freezing(code: str, freezes: bool, again: bool) -> None:
    found = body(f"{HEAD}def f(flag):\n    model = resnet18()\n    {code}\n")
    assert bool(list(frozen_modules(found))) is freezes
    assert thaws(found) is again


@pytest.mark.parametrize(
    ("manager", "on"),
    [
        ("torch.autocast('cuda')", True),
        ("torch.cuda.amp.autocast()", True),
        ("torch.autocast('cpu')", False),
        ("torch.autocast(device)", False),
        ("torch.autocast('cuda', enabled=False)", False),
        ("torch.autocast('cuda'), torch.autocast('cuda', enabled=False)", False),
        ("torch.no_grad()", False),
    ],
)
def test_autocast(manager: str, on: bool) -> None:
    scope = function(f"{HEAD}def f(device):\n    with {manager}:\n        print()\n")
    call = next(call for call in scope.calls if call.name == "builtins.print")
    assert is_under_cuda_autocast(call) is on


@pytest.mark.parametrize(
    ("manager", "guard"),
    [
        ("torch.no_grad()", "torch.no_grad()"),
        ("torch.no_grad(), torch.enable_grad()", None),
        ("torch.set_grad_enabled(flag)", None),
        ("open(flag)", None),
    ],
)
def test_the_innermost_guard_counts(manager: str, guard: str | None) -> None:
    scope = function(f"{HEAD}def f(flag):\n    with {manager}:\n        print()\n")
    call = next(call for call in scope.calls if call.name == "builtins.print")
    node = grad_guard(scope, call.block)
    assert (scope.text(node) if node is not None else None) == guard


def test_what_is_done_with_an_object() -> None:
    scope = function(
        f"{HEAD}def f(path, x):\n    net = torch.load(path)\n    net.eval()\n    x.eval()\n    net['a'].to(x)\n    net(x)\n"
    )
    made = next(call for call in scope.calls if call.name == "torch.load")
    assert [scope.text(use.node) for use in uses(made)] == ["net.eval()", "net['a'].to(x)", "net(x)"]


@pytest.mark.parametrize(
    ("use", "called"),
    [("Net()(x)", True), ("net = Net()\n    net(x)", True), ("Net().run(x)", False), ("given(x)", False)],
)
def test_whether_an_object_of_a_class_is_called(use: str, called: bool) -> None:
    asked = inquiry(f"{HEAD}class Net(nn.Module):\n    pass\n\ndef f(x, given: 'Net'):\n    {use}\n")
    class_ = asked.class_("Net")
    assert class_ is not None
    assert is_called(class_) is called
