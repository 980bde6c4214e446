"""The weights that code keeps of a model while training goes on."""

from __future__ import annotations

import pytest

from ml_lsp.semantics.torch.keeping import is_conditional, is_read_later, kept_weights, training_around
from tests.semantics.bodies import function


@pytest.mark.parametrize(
    ("value", "source"),
    [
        ("model.state_dict()", "model.state_dict()"),
        ("model.state_dict().copy()", "model.state_dict()"),
        ("dict(model.state_dict())", "model.state_dict()"),
        ("{'w': model.state_dict()}", "model.state_dict()"),
        ("copy.deepcopy(model.state_dict())", None),
        ("{k: v.clone() for k, v in model.state_dict().items()}", None),
        ("model.state_dict(keep_vars=True)", None),
    ],
)
def test_references_to_weights(value: str, source: str | None) -> None:
    scope = function(f"import copy\ndef f(model):\n    best = {value}\n    return best\n")
    assert [scope.text(kept.source) for kept in kept_weights(scope)] == ([source] if source else [])


LOOP = """
def f(model, build, train, opt, data, score):
    best = None
    for x in data:
        {made}
        {step}
        if score(model):
            best = model.state_dict()
            print(best)
    {after}
"""


@pytest.mark.parametrize(
    ("made", "step", "trained"),
    [
        ("pass", "opt.step()", True),
        ("pass", "train(model)", True),
        ("pass", "score(model)", False),
        ("model = build()", "opt.step()", False),
    ],
)
def test_loops_that_train_what_is_kept(made: str, step: str, trained: bool) -> None:
    (kept,) = kept_weights(function(LOOP.format(made=made, step=step, after="return best")))
    loop = training_around(kept)
    assert (loop is not None) is trained
    assert is_conditional(kept, loop.node if loop else None)


@pytest.mark.parametrize(("after", "read"), [("return best", True), ("return model", False)])
def test_weights_that_are_read_later(after: str, read: bool) -> None:
    (kept,) = kept_weights(function(LOOP.format(made="pass", step="opt.step()", after=after)))
    assert is_read_later(kept) is read


def test_optimizers_and_averages_are_no_models() -> None:
    scope = function("def f(net, optimizer, ema_model):\n    a, b, c = net.state_dict(), optimizer.state_dict(), ema_model.state_dict()\n")  # fmt: skip  # noqa: E501
    assert [kept.is_of_a_model for kept in kept_weights(scope)] == [True, False, False]
