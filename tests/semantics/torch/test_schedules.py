"""How schedulers were made, how long they last, and whether anything steps them."""

from __future__ import annotations

import ast

import pytest

from ml_lsp.semantics.body import loops_of
from ml_lsp.semantics.torch.schedules import (
    counts_batches,
    epochs_of,
    is_batch_loop,
    is_only_looked_at,
    made_scheduler,
    scheduler_class,
)
from ml_lsp.semantics.values import Const, Param
from tests.reading import marked
from tests.semantics.bodies import function

HEAD = """
import torch
from torch.optim.lr_scheduler import ReduceLROnPlateau, StepLR
from torch.utils.data import DataLoader
"""


def test_the_call_that_made_what_steps() -> None:
    scope = function(HEAD + "def f(opt, other):\n    s = StepLR(opt, 3)\n    s.step()\n    other.step()\n")
    known, unknown = (call for call in scope.calls if call.method == "step")
    assert scheduler_class(known) == "torch.optim.lr_scheduler.StepLR"
    made = made_scheduler(known)
    assert made is not None
    assert made.args[1] == Const(3)
    assert made_scheduler(unknown) is None


@pytest.mark.parametrize(
    ("loop", "bound", "batches"),
    [
        ("for e in range(n)", Param("n", "f"), False),
        ("for e in range(1, n + 1)", Param("n", "f"), False),
        ("for e in range(2, 9)", Const(9), False),
        ("for i, x in enumerate(train_loader)", None, True),
        ("for x in DataLoader(n)", None, True),
        ("for x in n", None, False),
        ("while n", None, False),
    ],
)
def test_loops(loop: str, bound: object, batches: bool) -> None:
    (found,) = loops_of(function(f"{HEAD}def f(n, train_loader):\n    {loop}:\n        pass\n"))
    assert epochs_of(found) == bound
    assert is_batch_loop(found) is batches


@pytest.mark.parametrize(
    ("expression", "counts"), [("n * len(x)", True), ("n * 3", False), ("len(x) // n", True)]
)
def test_numbers_of_batches(expression: str, counts: bool) -> None:
    scope, node = marked(f"def f(n, x):\n    here({expression})\n")
    assert counts_batches(scope.value(node)) is counts


@pytest.mark.parametrize(
    ("use", "alone"),
    [
        ("pass", True),
        ("print(s.get_last_lr())", True),
        ("s.step()", False),
        ("run(s)", False),
        ("return s", False),
        ("run(lambda: s.step())", False),
        ("kept = [s]", False),
    ],
)
def test_what_nothing_steps(use: str, alone: bool) -> None:
    scope = function(f"{HEAD}def f(opt, run):\n    s = StepLR(opt, 3)\n    {use}\n")
    target = next(node for node in ast.walk(scope.node) if isinstance(node, ast.Name) and node.id == "s")  # type: ignore[arg-type]
    assert is_only_looked_at(scope, target) is alone
