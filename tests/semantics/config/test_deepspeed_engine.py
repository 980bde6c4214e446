"""What `deepspeed.initialize` returns, and what was given to it."""

from __future__ import annotations

from ml_lsp.semantics.config.deepspeed_engine import initialized, is_engine
from tests.semantics.bodies import body, inquiry, scope_named


def test_what_is_whose() -> None:
    code = """
        import deepspeed

        def f(net, sgd, other):
            engine, optimizer, _, schedule = deepspeed.initialize(model=net, optimizer=sgd)
            here(engine, net, sgd, optimizer, schedule, other)
    """
    found = body(code)
    (made,) = initialized(found)
    (call,) = (call for call in found.calls if call is not made.call)
    values = [call.scope.value(node) for node in call.node.args]
    assert [made.is_engine(value) for value in values] == [True, False, False, False, False, False]
    assert [made.is_model(value) for value in values] == [False, True, False, False, False, False]
    assert [made.is_optimizer(value) for value in values] == [False, False, True, True, False, False]
    assert [made.is_scheduler(value) for value in values] == [False, False, False, False, True, False]


def test_an_engine_kept_in_self() -> None:
    code = """
        import deepspeed

        class Trainer:
            def __init__(self, model, other):
                self.engine = deepspeed.initialize(model=model)[0]
                self.other = other

            def f(self):
                self.engine.step()
                self.other.step()
    """
    scope = scope_named(inquiry(code), "f")
    receivers = [call.receiver for call in scope.calls]
    assert [value is not None and is_engine(scope, value) for value in receivers] == [True, False]
