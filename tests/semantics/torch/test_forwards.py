"""What happens each time a module is called."""

from __future__ import annotations

import pytest

from ml_lsp.semantics.torch.forwards import depends_on_training, is_called_here, runs_at_each_call
from tests.reading import scopes

NET = """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.build()

    def build(self):
        pass

    def forward(self, x):
        return self.part(x)

    def part(self, x):
        return x

    def report(self, x):
        return x

class Plain:
    def forward(self, x):
        return x
"""


def test_forward_and_what_only_forward_calls() -> None:
    found = {scope.name for scope in scopes(NET) if runs_at_each_call(scope)}
    assert found == {"forward", "part"}
    assert sum(runs_at_each_call(scope) for scope in scopes(NET)) == 2


@pytest.mark.parametrize(
    ("body", "called"),
    [
        ("return make()(x)", True),
        ("return make().to(x.device)(x)", True),
        ("layer = make()\n    return layer(x)", True),
        ("layer = make()\n    layer = layer.cuda()\n    return layer(x)", True),
        ("layer = make()\n    self.layer = layer\n    return layer(x)", False),
        ("layer = make()\n    layer.weight = x\n    return layer(x)", False),
        ("layer = make()\n    return layer", False),
        ("return make()", False),
    ],
)
def test_what_is_made_to_be_called(body: str, called: bool) -> None:
    (scope,) = (scope for scope in scopes(f"def f(self, x):\n    {body}\n") if scope.is_function)
    (call,) = (call for call in scope.calls if scope.text(call.node) == "make()")
    assert is_called_here(call) is called


@pytest.mark.parametrize(
    ("code", "depends"),
    [
        ("def f(self, x):\n    drop(x)", False),
        ("def f(self, x):\n    if self.training and x:\n        drop(x)", True),
        ("def f(self, x):\n    if not self.training:\n        return x\n    drop(x)", True),
        ("def f(self, x, is_train):\n    drop(x)", True),
        ("def f(self, x):\n    if x:\n        drop(x)", False),
    ],
)
def test_whether_the_mode_matters(code: str, depends: bool) -> None:
    (call,) = (call for scope in scopes(code) for call in scope.calls)
    assert depends_on_training(call.scope, call.block) is depends
