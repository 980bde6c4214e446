"""Loops over epochs."""

from __future__ import annotations

from ml_lsp.semantics.torch.epochs import epoch_loops
from tests.semantics.bodies import inquiry


def test_loops_over_epochs() -> None:
    code = """
        def f(epochs, loader, bar):
            for epoch in bar(range(epochs)):
                for step in loader:
                    pass
            for ep in range(1):
                pass

        for epoch_idx in range(3):
            pass
    """
    found = [(loop.scope.name, name) for loop, name in epoch_loops(inquiry(code))]
    assert sorted(found) == [("<module>", "epoch_idx"), ("f", "epoch")]
