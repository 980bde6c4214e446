"""Models wrapped in DistributedDataParallel, and calls that go past the wrapper."""

from __future__ import annotations

from ml_lsp.semantics.torch.replicas import ddp_model, inner_call, wrappings
from ml_lsp.semantics.values import Param
from tests.semantics.bodies import function, loop


def test_the_model_in_a_wrapper() -> None:
    code = """
        import torch
        from torch import nn
        from torch.nn.parallel import DistributedDataParallel

        def f(net):
            DistributedDataParallel(net, device_ids=[0])
            nn.DataParallel(net)
    """
    wrapped, replicated = function(code).calls
    model = ddp_model(wrapped.value)
    assert isinstance(model, Param)
    assert model.name == "net"
    assert ddp_model(replicated.value) is None


def test_calls_past_the_wrapper() -> None:
    code = """
        from torch.nn.parallel import DistributedDataParallel as DDP

        def f(net, other, loader):
            model = DDP(net.cuda())
            other = DDP(other)
            for x in loader:
                model(x)
                net(x)
                model.module(x)
                other(x)
                model.module.score(x)
    """
    found = loop(code)
    past = [inner_call(call, wrappings(found)) is not None for call in found.calls]
    assert past == [False, True, True, False, False]
