"""Runs on made-up tensors whose numbers nobody uses."""

from __future__ import annotations

import pytest

from ml_lsp.semantics.call import Call
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.torch.trial_runs import is_trial_run
from tests.semantics.bodies import function


def _run(scope: Scope) -> Call:
    """The call of `net` in a function."""
    return next(call for call in scope.calls if scope.text(call.node.func) == "net")


@pytest.mark.parametrize(
    ("lines", "tried"),
    [
        ("net(torch.zeros(1, 3))", True),
        ("net(torch.zeros(1, 3).to(device), None)", True),
        ("y = net(torch.zeros(1, 3))\n    return y.shape[1]", True),
        ("return net(torch.zeros(1, 3)).flatten(1).size(1)", True),
        ("return net(torch.zeros(1, 3))", False),
        ("y = net(torch.zeros(1, 3))\n    return y.shape[1], y", False),
        ("net(torch.zeros(1, 3), device)", False),
        ("net()", False),
    ],
)
def test_made_up_and_only_measured(lines: str, tried: bool) -> None:
    scope = function(f"import torch\ndef f(net, device):\n    {lines}\n")
    assert is_trial_run(_run(scope)) == tried


@pytest.mark.parametrize(("name", "tried"), [("test_net", True), ("_conv_shape", True), ("sample", False)])
def test_functions_that_try_a_model(name: str, tried: bool) -> None:
    scope = function(f"import torch\ndef {name}(net):\n    return net(torch.rand(1, 3))\n", name)
    assert is_trial_run(_run(scope)) == tried
