"""Answers about outside names: used where the tables know nothing, and a new answer is a reason to look again."""

from __future__ import annotations

from pathlib import Path

from ml_lsp.review import Document, Memory, Surroundings, review_now
from ml_lsp.semantics.outside import Outside
from tests.examples import RULES

TEXT = """\
import torch
import zoo

def fit(loader, loss_of):
    model = zoo.make()
    optimizer = zoo.optim.Fancy(model.parameters())
    for x, y in loader:
        loss_of(model(x), y).backward()
        optimizer.step()
"""


def test_an_answer_that_changes_a_finding_is_taken_up() -> None:
    memory, document = Memory(), Document(Path("train.py"), TEXT.replace("optimizer", "thing"))
    rules = [rule for rule in RULES if rule.id == "torch/missing-zero-grad"]

    def found(**outside: Outside) -> int:
        return len(review_now(document, rules, Surroundings(outside=outside), memory))

    assert found() == 0
    assert "zoo.optim.Fancy" in memory.outside_names(document.path)
    fancy = Outside("class", bases=("torch.optim.adam.Adam", "torch.optim.optimizer.Optimizer"))
    assert found(**{"zoo.optim.Fancy": fancy}) == 1
    assert found(**{"zoo.optim.Fancy": Outside("class", bases=("zoo.Base",))}) == 0
