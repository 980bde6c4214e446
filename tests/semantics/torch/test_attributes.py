"""Tensors that a class keeps in `self`."""

from __future__ import annotations

from ml_lsp.semantics.torch.attributes import goes_to_optimizer, is_looked_after, is_read_elsewhere, stored
from tests.reading import inquiry

NET = """
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.a = torch.ones(1)
        self.b, self.c = torch.ones(2), torch.ones(3)
        self.register_buffer("b", torch.ones(2))
        self.d = self.e = torch.ones(4)
        self.optimizer = torch.optim.SGD([self.c], lr=0.1)

    def forward(self, x):
        self.f = x
        return self.a * x
"""


def test_what_is_known_of_attributes() -> None:
    own = inquiry(NET).class_("Net")
    assert own is not None
    found = {one.name: one for one in stored(own)}
    assert list(found) == ["a", "b", "c", "optimizer", "f"]
    assert [name for name, one in found.items() if is_read_elsewhere(own, one)] == ["a"]
    assert [name for name, one in found.items() if is_looked_after(own, one)] == ["b"]
    assert [name for name, one in found.items() if goes_to_optimizer(one)] == ["c"]


def test_a_class_that_says_what_its_parameters_are() -> None:
    own = inquiry(NET + "\n    def parameters(self):\n        return [self.a]\n").class_("Net")
    assert own is not None
    assert all(is_looked_after(own, one) for one in stored(own))
