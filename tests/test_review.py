"""Reviewing again after edits equals reviewing anew; a piece that does not parse keeps what was shown."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_lsp.review import Document, Memory, review, review_now
from ml_lsp.syntax.segments import split
from ml_lsp.syntax.trees import tree
from ml_lsp.text import Source, apply
from tests.examples import RULES
from tests.samples import edits

PATH = Path("train.py")


def _whole_programs() -> st.SearchStrategy[str]:
    """Programs made of the rule pages' own examples, so that there is something to find."""
    alone = [e for rule in RULES for e in rule.examples if e.file.endswith(".py") and not e.files]
    flagged = [example.code for example in alone if "# expect:" in example.code]
    return st.lists(st.sampled_from(flagged), min_size=1, max_size=3).map("\n".join)


def _all_parse(text: str) -> bool:
    return all(tree(segment) is not None for segment in split(text).segments)


@settings(max_examples=60, deadline=None)
@given(_whole_programs(), st.data())
def test_after_any_edits_findings_equal_those_of_a_fresh_review(text: str, data: st.DataObject) -> None:
    memory = Memory()
    review_now(Document(PATH, text), RULES, memory=memory)
    final = text
    for _ in range(data.draw(st.integers(1, 4))):
        start, end, new = data.draw(edits(text))
        text = text[:start] + new + text[end:]
        found = review_now(Document(PATH, text), RULES, memory=memory)
        if _all_parse(text):
            assert found == review_now(Document(PATH, text), RULES)
    assert review_now(Document(PATH, final), RULES, memory=memory) == review_now(Document(PATH, final), RULES)


TRAINING = """\
import torch

def train(model, loader, criterion):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for x, y in loader:
        loss = criterion(model(x), y)
        loss.backward()
        optimizer.step()
"""


def lines_reported(text: str, memory: Memory) -> list[str]:
    source = Source(text)
    found = review_now(Document(PATH, text), RULES, memory=memory)
    return [source.line_text(source.line_of(finding.span.start)).strip() for finding in found]


def test_a_half_typed_line_does_not_blank_the_findings_of_its_function() -> None:
    memory = Memory()
    shown = lines_reported(TRAINING, memory)
    assert shown == ["loss.backward()"]
    assert lines_reported(TRAINING + "        print(x\n", memory) == shown
    assert lines_reported(TRAINING + "        print(x, \n", memory) == shown


def test_a_half_typed_helper_is_still_there_for_its_callers() -> None:
    helper = "def clear(optimizer):\n    optimizer.zero_grad()\n\n"
    text = helper + TRAINING.replace("        loss =", "        clear(optimizer)\n        loss =")
    memory = Memory()
    assert lines_reported(text, memory) == []
    assert lines_reported(text.replace("zero_grad()", "zero_grad(("), memory) == []


def test_methods_whose_class_header_was_broken_are_looked_at_again_when_it_is_whole() -> None:
    text = (
        "import torch\n\nclass Trainer:\n    def __init__(self, model):\n"
        "        self.opt = torch.optim.AdamW(model.parameters())\n"
        "        self.sched = torch.optim.lr_scheduler.CosineAnnealingLR(self.opt, 9)\n\n"
        "    def fit(self, loader, criterion):\n        for x, y in loader:\n            self.opt.zero_grad()\n"
        "            criterion(self.model(x), y).backward()\n            self.sched.step()\n            self.opt.step()\n"
    )
    memory = Memory()
    reviews = [
        [found.rule for found in review_now(Document(PATH, version), RULES, memory=memory)]
        for version in (text, text.replace("    def __init__", "    __init__"), text)
    ]
    assert reviews[0] == ["torch/scheduler-before-optimizer"]
    assert reviews[2] == reviews[0]


def test_a_fix_that_extends_an_import_passes_over_what_does_not_parse() -> None:
    text = (
        "x = 1 )\n\nfrom torch.nn import Conv2d, Module\n\nclass Net(Module):\n    def __init__(self):\n"
        "        super().__init__()\n        self.convs = [Conv2d(3, 8, 3), Conv2d(8, 8, 3)]\n\n"
        "    def forward(self, x):\n        for conv in self.convs:\n            x = conv(x)\n        return x\n"
    )
    [found] = review_now(Document(PATH, text), RULES)
    assert found.rule == "torch/modules-in-plain-list" and found.fix is not None
    assert "Conv2d, Module, ModuleList" in apply(text, found.fix.edits)


def test_text_above_moves_findings_without_a_new_review(caplog: object) -> None:
    memory = Memory()
    before = review_now(Document(PATH, TRAINING), RULES, memory=memory)
    after = review_now(Document(PATH, "import os\n" + TRAINING), RULES, memory=memory)
    assert [finding.span.start - 10 for finding in after] == [finding.span.start for finding in before]


def test_slices_can_be_dropped_and_taken_up_again() -> None:
    from ml_lsp.review import review

    memory = Memory()
    text = "\n".join(TRAINING.replace("train", f"train_{number}") for number in range(300))
    steps = review(Document(PATH, text), RULES, memory=memory)
    next(steps)
    steps.close()
    assert len(review_now(Document(PATH, text), RULES, memory=memory)) == 300


def test_evidence_in_a_piece_that_was_broken_is_found_again_where_it_stands() -> None:
    model = "class Net(nn.Module):\n    def __init__(self):\n        super().__init__()\n"
    model += "        self.head = nn.Linear(8, 1)\n    def forward(self, x):\n        return self.head(x)\n\n"
    use = "def step(x, y):\n    return nn.BCELoss()(Net()(x), y)\n"
    text = "from torch import nn\n" + model + use
    memory = Memory()
    shown = review_now(Document(PATH, text), RULES, memory=memory)
    assert len(shown) == 1
    review_now(Document(PATH, text.replace("ef forward(sel", "")), RULES, memory=memory)
    assert review_now(Document(PATH, text), RULES, memory=memory) == shown


def test_a_word_that_appears_wakes_the_checks_of_the_whole_module() -> None:
    unseeded = "import random\nimport numpy\nimport torch\n\nx = torch.randn(3)\n\ndef f(s):\n    pass\n"
    text = unseeded.replace("pass", "random.seed(s)\n    numpy.random.seed(s)")
    memory = Memory()
    assert not review_now(Document(PATH, unseeded), RULES, memory=memory)
    found = review_now(Document(PATH, text), RULES, memory=memory)
    assert found and found == review_now(Document(PATH, text), RULES)


def test_a_dropped_review_is_not_done_again() -> None:
    memory, text = Memory(), "\n".join(TRAINING.replace("train", f"train_{number}") for number in range(300))
    steps = review(Document(PATH, text), RULES, memory=memory)
    next(steps)
    steps.close()
    looked_at = [entry for entry in memory.reviewed[PATH].entries.pieces if entry is not None]
    assert looked_at
    assert review_now(Document(PATH, text), RULES, memory=memory) == review_now(Document(PATH, text), RULES)


def test_a_review_leaves_next_to_no_garbage() -> None:
    """What is worked out is freed when a review ends: a search for cycles would hold up the typing."""
    text, memory = (Path(__file__).parent / "projects" / "flowers" / "train.py").read_text(), Memory()
    review_now(Document(PATH, text), RULES, memory=memory)  # loads what all reviews share
    memory.forget(PATH)
    gc.collect()
    gc.disable()
    try:
        before = len(gc.get_objects())
        review_now(Document(PATH, text), RULES, memory=memory)
        made = len(gc.get_objects()) - before
        memory.forget(PATH)
        assert gc.collect() < made / 10
    finally:
        gc.enable()


@pytest.mark.parametrize(
    "deep",
    [
        "def f(x):\n    if x:\n        return\n" + "    elif x:\n        return\n" * 900,
        "def f(x):\n    return x" + " + x" * 900 + "\n",
        "class A:\n    def f(self, x):\n        return x" + ".x" * 900 + "\n",
    ],
    ids=["branches", "terms", "attributes"],
)
def test_a_function_that_nests_too_deep_takes_no_other_findings_away(deep: str) -> None:
    assert lines_reported(TRAINING + "\n" + deep, Memory()) == ["loss.backward()"]


def test_a_word_in_a_method_that_others_looked_for_is_found_when_it_comes() -> None:
    text = """\
import torch
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.rnn = nn.GRU(4, 8)

    def forward(self, x, h=None):
        return self.rnn(x, h)

    def cut(self, h):
        return h

def train(loader, criterion):
    net = Net()
    opt = torch.optim.SGD(net.parameters(), lr=0.1)
    h = None
    for x, y in loader:
        opt.zero_grad()
        out, h = net(x, h)
        criterion(out, y).backward()
        opt.step()
"""
    memory = Memory()
    cut = text.replace("return h\n", "return h.detach()\n")
    assert lines_reported(text, memory) == ["out, h = net(x, h)"]
    assert lines_reported(cut, memory) == []
    assert lines_reported(text, memory) == ["out, h = net(x, h)"]


_DUMPING = "import yaml\nfrom pathlib import Path\n\ndef save(f):\n    yaml.dump({}, f)\n\ndef other(f):\n"
_COMMAND = """\
import typer
app = typer.Typer()

@app.command()
def main():
    print("error: no data")
    return 1

def other():
"""


@pytest.mark.parametrize(
    ("text", "reported", "silent"),
    [
        (_DUMPING.replace("{}", '{"a": (0.9, 0.99)}'), "yaml.safe_load(f)", "yaml.load(f, yaml.FullLoader)"),
        (_DUMPING.replace("{}", '{"a": Path("runs")}'), "yaml.safe_dump(1, f)", "yaml.add_representer(1, f)"),
        (_COMMAND, "app()", "app(standalone_mode=False)"),
    ],
    ids=["who reads tuples", "who writes paths", "who handles codes"],
)
def test_a_word_anywhere_in_the_module_on_which_a_finding_rests(
    text: str, reported: str, silent: str
) -> None:
    memory = Memory()
    for _ in range(2):
        assert len(lines_reported(f"{text}    {reported}\n", memory)) == 1
        assert lines_reported(f"{text}    {silent}\n", memory) == []
