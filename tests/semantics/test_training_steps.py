"""Clips, scalers, precision and states in a training step."""

from __future__ import annotations

import pytest

from ml_lsp.semantics.torch.carried_state import carried_states
from ml_lsp.semantics.torch.clipping import idle_clips
from ml_lsp.semantics.torch.half_precision import is_float16_autocast, rounds_away, scales_the_loss
from ml_lsp.semantics.torch.repeating import repetitions
from ml_lsp.semantics.torch.scaler_protocol import breaches
from ml_lsp.semantics.torch.sticking import sticking_switch
from tests.reading import inquiry, marked
from tests.semantics.bodies import body, function, loop

STEP = """
import torch
from torch.nn.utils import clip_grad_norm_ as clip

def f(model, loader, optimizer, criterion, validate):
    scaler = torch.amp.GradScaler("cuda")
    for x, y in loader:
        {steps}
"""


def step(*lines: str) -> str:
    """A training loop of these statements."""
    return STEP.format(steps="\n        ".join(lines))


ZERO, BACK, STEP_ = "optimizer.zero_grad()", "criterion(model(x), y).backward()", "optimizer.step()"
CLIP = "clip(model.parameters(), 1.0)"
SCALED, SCALER_STEP, UPDATE = (
    "scaler.scale(criterion(model(x), y)).backward()",
    "scaler.step(optimizer)",
    "scaler.update()",
)


@pytest.mark.parametrize(
    ("lines", "idle"),
    [
        ((ZERO, BACK, CLIP, STEP_), 0),
        ((ZERO, BACK, STEP_, CLIP), 1),
        ((ZERO, CLIP, BACK, STEP_), 1),
        ((STEP_, ZERO, BACK, CLIP), 0),
        ((BACK, STEP_, CLIP), 0),
        ((ZERO, BACK, STEP_, "clip(model.parameters(), float('inf'))"), 0),
    ],
)
def test_clips_without_effect(lines: tuple[str, ...], idle: int) -> None:
    assert len(list(idle_clips(body(step(*lines)), ["torch.nn.utils.clip_grad_norm_"]))) == idle


@pytest.mark.parametrize(
    ("lines", "kinds"),
    [
        ((ZERO, SCALED, SCALER_STEP, UPDATE), []),
        ((ZERO, SCALED, STEP_), ["plain step"]),
        ((ZERO, SCALED, SCALER_STEP), ["no update"]),
        ((ZERO, BACK, SCALER_STEP, UPDATE), ["not scaled"]),
        (
            (SCALED, "scaler.unscale_(optimizer)", "scaler.unscale_(optimizer)", SCALER_STEP, UPDATE),
            ["twice"],
        ),
        ((SCALED, "scaler.scale(y)", SCALER_STEP, UPDATE), ["dropped"]),
        ((ZERO, SCALED, "scaler.unscale_(optimizer)", STEP_), []),
        ((ZERO, SCALED, "validate(scaler)", STEP_), []),
    ],
)
def test_breaches_of_the_scaler_protocol(lines: tuple[str, ...], kinds: list[str]) -> None:
    assert [breach.kind for breach in breaches(body(step(*lines)))] == kinds


@pytest.mark.parametrize(
    ("lines", "sticks"),
    [
        ((ZERO, BACK, STEP_, "model.eval()"), True),
        (("model.train()", ZERO, BACK, STEP_, "model.eval()"), False),
        ((ZERO, BACK, STEP_, "model.eval()", "break"), False),
        ((ZERO, BACK, STEP_, "validate(model)", "model.eval()"), False),
        ((ZERO, BACK, "model.eval()"), False),
    ],
)
def test_switches_that_stick(lines: tuple[str, ...], sticks: bool) -> None:
    assert (sticking_switch(loop(step(*lines))) is not None) is sticks


@pytest.mark.parametrize(
    ("call", "half"),
    [
        ("torch.autocast('cuda', dtype=torch.float16)", True),
        ("torch.autocast('cuda')", True),
        ("torch.cuda.amp.autocast()", True),
        ("torch.autocast('cpu')", False),
        ("torch.autocast('cuda', torch.bfloat16)", False),
        ("torch.autocast('cuda', enabled=flag)", False),
        ("torch.autocast('cuda', torch.half, False)", False),
        ("torch.cuda.amp.autocast(dtype=torch.float16)", True),
        ("torch.cuda.amp.autocast(flag)", False),
        ("torch.autocast('cuda', **options)", False),
    ],
)
def test_autocasts_to_float16(call: str, half: bool) -> None:
    scope, node = marked(f"import torch\ndef f(flag, options):\n    here({call})\n")
    found = scope.call_of(node)
    assert found is not None
    names = ("torch.amp.autocast", "torch.cuda.amp.autocast")
    assert is_float16_autocast(found, names) is half


@pytest.mark.parametrize(("arguments", "away"), [("", True), (", eps=1e-8", True), (", eps=1e-4", False)])
def test_an_eps_that_is_0_in_float16(arguments: str, away: bool) -> None:
    scope = function(f"import torch\ndef f(p):\n    torch.optim.AdamW(p{arguments})\n")
    assert rounds_away(scope.calls[0]) is away


@pytest.mark.parametrize(("code", "scales"), [("loss_scale = 1", True), ("loss = 1", False)])
def test_code_that_scales_the_loss(code: str, scales: bool) -> None:
    assert scales_the_loss(inquiry(code)) is scales


RECURRENT = """
import torch
from torch import nn

def f(loader, criterion):
    rnn, state, other = nn.GRU(4, 4), torch.zeros(1), torch.zeros(1)
    opt = torch.optim.SGD(rnn.parameters())
    for x, y in loader:
        opt.zero_grad()
        {call}
        criterion(out, y).backward({options})
        opt.step()
"""


@pytest.mark.parametrize(
    ("call", "options", "names"),
    [
        ("out, state = rnn(x, state)", "", [("state",)]),
        ("state = state.detach(); out, state = rnn(x, state)", "", []),
        ("out, state = rnn(x, state); state.detach_()", "", []),
        ("out, state = rnn(x, state)", "None, True", []),
        ("out, _ = rnn(x, state)", "", []),
        ("out, state = rnn(x, other)", "", []),
    ],
)
def test_states_that_are_carried(call: str, options: str, names: list[tuple[str, ...]]) -> None:
    found = carried_states(loop(RECURRENT.format(call=call, options=options)))
    assert [state.names for state in found] == names


@pytest.mark.parametrize(
    ("made", "layers"),
    [
        ("[nn.Linear(4, 4)] * n", ["nn.Linear(4, 4)"]),
        ("n * (nn.Linear(4, 4),)", ["nn.Linear(4, 4)"]),
        ("[one for _ in range(n)]", ["one"]),
        ("itertools.repeat(one, n)", ["one"]),
        ("[one for one in n]", []),
        ("[nn.Linear(4, 4)] * 1", []),
        ("[nn.Linear(4, 4), one] * n", ["nn.Linear(4, 4)", "one"]),
    ],
)
def test_repetitions(made: str, layers: list[str]) -> None:
    head = "import itertools\nfrom torch import nn\n"
    scope = function(f"{head}def f(n, one):\n    made = {made}\n    return nn.Sequential(*made)\n")
    found = repetitions(scope, ["torch.nn.Sequential"])
    assert [scope.text(layer) for one in found for layer in one.layers] == layers


@pytest.mark.parametrize(
    ("layers", "pair"),
    [("nn.LSTM(4, 8)", True), ("nn.GRU(4, 8)", False), ("nn.LSTM(4, 8) if big else nn.GRU(4, 8)", False)],
)
def test_the_state_of_an_own_module_with_lstms_is_a_pair(layers: str, pair: bool) -> None:
    text = f"""
    import torch
    from torch import nn

    class Net(nn.Module):
        def __init__(self, big):
            super().__init__()
            self.rnn = {layers}

        def forward(self, x, h=None):
            return self.rnn(x, h)

    def f(loader, criterion, h):
        net = Net(True)
        opt = torch.optim.SGD(net.parameters(), 0.1)
        for x, y in loader:
            opt.zero_grad()
            out, h = net(x, h)
            criterion(out, y).backward()
            opt.step()
    """
    assert [state.is_pair for state in carried_states(loop(text))] == [pair]
