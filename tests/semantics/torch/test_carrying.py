"""What carries a graph, what is a scalar, and which values loops keep."""

from __future__ import annotations

import ast

import pytest

from ml_lsp.semantics.torch.carrying import Graphs
from ml_lsp.semantics.torch.kept_graphs import kept_graphs, kept_values
from tests.semantics.bodies import function

CODE = """
import torch
import torch.nn.functional as F
from helpers import unknown

def total(out, y):
    return F.mse_loss(out, y) * 2

def number(out, y):
    return total(out, y).item()

def f(model: torch.nn.Module, x, y, criterion, thing, scaler, other):
    out = model(x)
    loss = thing(out)
    scaler.scale(loss / 4).backward()
    with torch.no_grad():
        target = model(x)
    here(VALUE)
"""


@pytest.mark.parametrize(
    ("value", "carries", "scalar"),
    [
        ("out", True, False),
        ("out.mean()", True, False),
        ("loss", True, True),
        ("loss * 3 + 1", True, True),
        ("loss * out", True, False),
        ("F.cross_entropy(out, y)", True, True),
        ("F.cross_entropy(out, y, reduction='none')", True, False),
        ("criterion(out, y)", True, True),
        ("total(out, y)", True, False),
        ("out.logits[0]", True, False),
        ("number(out, y)", False, False),
        ("unknown(out)", False, False),
        ("out.detach()", False, False),
        ("out.argmax(1)", False, False),
        ("out > 0", False, False),
        ("target", False, False),
        ("x.mean()", False, False),
        ("other", False, False),
    ],
)
def test_what_carries_a_graph(value: str, carries: bool, scalar: bool) -> None:
    scope = function(CODE.replace("VALUE", value))
    graphs, found = Graphs(scope), scope.value(scope.calls[-1].node.args[0])
    assert graphs.carries(found) is carries
    assert (carries and graphs.is_scalar(found)) is scalar


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ("total += loss", ["loss"]),
        ("total = total + loss", ["loss"]),
        ("self.total += loss", ["loss"]),
        ("found.append(loss)", ["loss"]),
        ("found[i] = loss", ["loss"]),
        ("found['loss'] = loss", []),
        ("total = loss", []),
        ("total -= loss", []),
    ],
)
def test_what_is_kept(line: str, kept: list[str]) -> None:
    scope = function(f"def f(self, total, loss, found, i):\n    {line}\n")
    assert [ast.unparse(one.node) for one in kept_values(scope)] == kept


@pytest.mark.parametrize(
    ("start", "end", "reports"),
    [
        ("", "", 1),
        ("found = []", "", 0),
        ("", "found.clear()", 0),
        ("", "del found[:]", 0),
        ("", "torch.stack(found).sum().backward()", 0),
        ("", "update(found)", 0),
        ("", "print(found)", 1),
    ],
)
def test_when_a_kept_loss_is_kept_in_vain(start: str, end: str, reports: int) -> None:
    scope = function(
        f"""
import torch
def f(model: torch.nn.Module, loader, optimizer, update):
    found = []
    for x, y in loader:
        {start or "pass"}
        loss = torch.nn.functional.mse_loss(model(x), y)
        loss.backward()
        optimizer.step()
        found.append(loss)
        {end or "pass"}
"""
    )
    assert len(kept_graphs(scope)) == reports
