"""The training step: whose backward it is, what is cleared, which loop trains."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from ml_lsp.semantics.names import public
from ml_lsp.semantics.testcode import is_test_path
from ml_lsp.semantics.torch.parameters import certainly_apart, trained
from ml_lsp.semantics.torch.training import (
    acts_of,
    cleared,
    exclude_each_other,
    is_backward,
    is_framework_backward,
    is_step,
    train_loop,
)
from ml_lsp.semantics.values import identity
from tests.semantics.bodies import body, function, inquiry, loop, scope_named


@pytest.mark.parametrize(
    ("line", "framework"),
    [
        ("loss.backward()", False),
        ("loss.backward(retain_graph=True)", False),
        ("torch.autograd.backward([loss])", False),
        ("torch.ones(2).backward(torch.ones(2))", False),
        ("accelerator.backward(loss)", True),
        ("engine.inner.backward(loss)", True),
        ("torch.distributed.autograd.backward(context, [loss])", True),
        ("model.manual_backward(loss)", True),
    ],
)
def test_whose_backward(line: str, framework: bool) -> None:
    acts = acts_of(body(f"import torch\ndef f(loss, accelerator, engine, context, model):\n    {line}\n"))
    found = [act for act in acts if is_backward(act)]
    assert [is_framework_backward(act) for act in found] == [framework]


@pytest.mark.parametrize(
    ("line", "steps"),
    [
        ("optimizer.step()", True),
        ("self.opt_g.step()", True),
        ("torch.optim.Adam(p).step()", True),
        ("scaler.step(it)", True),
        ("torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.9).step()", False),
        ("scheduler.step()", False),
        ("env.step(it)", False),
    ],
)
def test_what_steps(line: str, steps: bool) -> None:
    acts = acts_of(
        body(f"import torch\ndef f(self, optimizer, scaler, scheduler, env, p, it):\n    {line}\n")
    )
    assert any(is_step(act) for act in acts) is steps


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("optimizer.zero_grad()", "optimizer"),
        ("self.net.zero_grad(set_to_none=True)", "self.net"),
        ("p.grad.zero_()", "p.grad"),
        ("p.grad.data.zero_()", "p.grad.data"),
        ("p.zero_()", None),
    ],
)
def test_what_is_cleared(line: str, what: str | None) -> None:
    scope = function(f"def f(self, optimizer, p):\n    {line}\n    {what}\n")
    (found,) = {cleared(act) for act in acts_of(body(f"def f(self, optimizer, p):\n    {line}\n"))}
    last = scope.node.body[-1].value  # type: ignore[union-attr]
    assert found == (scope.value(last) if what else None)


def test_schedulers_keep_their_public_name() -> None:
    assert public("torch.optim.lr_scheduler.StepLR") == "torch.optim.lr_scheduler.StepLR"
    assert public("torch.optim.adam.Adam") == "torch.optim.Adam"


def test_self_is_one_object_in_all_methods() -> None:
    found = inquiry(
        """
        class A:
            def one(self):
                return self.net
            def two(self):
                return self.net
        class B:
            def three(self):
                return self.net
        """
    )
    one, two, three = (identity(scope_named(found, name).returned) for name in ("one", "two", "three"))
    assert one == two != three


def test_acts_of_helpers_count_for_the_loop_that_calls_them_but_not_for_one_further_out() -> None:
    text = """
    def train(model, loader, optimizer):
        for x in loader:
            model(x).backward()
            optimizer.step()

    def f(model, loader, optimizer):
        for epoch in range(3):
            train(model, loader, optimizer)

    def g(model, loader, optimizer):
        for x in loader:
            step(model, x, optimizer)

    def step(model, x, optimizer):
        model(x).backward()
        optimizer.step()
    """
    assert train_loop(loop(text, "f")) is None
    found = train_loop(loop(text, "g"))
    assert found is not None
    assert [ast.unparse(act.top.node) for act in found.backwards] == ["step(model, x, optimizer)"]


def test_arms_exclude_each_other() -> None:
    scope = function(
        """
        def f(amp, clip):
            if amp:
                a()
                if clip:
                    b()
            else:
                c()
            d()
        """
    )
    a, b, c, d = (call.block for call in scope.calls)
    assert exclude_each_other(a, c) and exclude_each_other(c, b)
    assert not exclude_each_other(a, b) and not exclude_each_other(c, d)


def test_whose_parameters_an_optimizer_moves() -> None:
    scope = function(
        """
        import torch
        def f(backbone: torch.nn.Module):
            net, other = torch.nn.Linear(2, 2), torch.nn.Linear(2, 2)
            both = torch.nn.Sequential(net, backbone)
            opt = torch.optim.SGD(net.cuda().parameters(), lr=1)
            second = torch.optim.SGD([{"params": other.parameters()}])
            third = torch.optim.SGD(list(other.parameters()) + [backbone])
            use(net, other, both, backbone, opt, second, third)
        """
    )
    net, other, both, backbone, opt, second, third = map(scope.value, scope.calls[-1].node.args)
    assert trained(scope, opt) == (net,)
    assert trained(scope, third) is None
    assert certainly_apart(scope, other, opt)
    assert certainly_apart(scope, second, opt)
    for may_share in (net, both, backbone, third):
        assert not certainly_apart(scope, may_share, opt)


@pytest.mark.parametrize(
    ("path", "is_test"),
    [
        ("tests/test_model.py", True),
        ("src/test/train.py", True),
        ("train_test.py", True),
        ("conftest.py", True),
        ("train.py", False),
        ("latest/contest.py", False),
        ("tests/projects/classifier/train.py", False),
    ],
)
def test_which_files_are_tests(path: str, is_test: bool) -> None:
    assert is_test_path(Path(path)) is is_test


@pytest.mark.parametrize(
    ("code", "apart"),
    [
        ("if a: one()\n    else: two()", True),
        ("if a: one()\n    if not a: two()", True),
        ("if a: one()\n    if a: two()", False),
        ("if a: one()\n    if b: two()", False),
        ("if a is None: one()\n    if a is not None: two()", True),
        ("if a == 1: one()\n    if a != 1: two()", True),
        ("if a and b: one()\n    if not b: two()", True),
        ("if a or b: one()\n    if not b: two()", False),
        ("if a: one()\n    elif b: pass\n    if b: two()", False),
        ("if a: pass\n    elif b: one()\n    if a: two()", True),
        ("one()\n    if a: two()", False),
    ],
)
def test_branches_that_ask_the_same_exclude_each_other(code: str, apart: bool) -> None:
    scope = function(f"def f(a, b):\n    {code}\n")
    first, second = scope.calls
    assert exclude_each_other(first.block, second.block) is apart
