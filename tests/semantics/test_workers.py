"""What workers of a loader do: random generators, CUDA, files that stay the same; first batches in loops."""

from __future__ import annotations

import pytest

from ml_lsp.semantics.reach import acts
from ml_lsp.semantics.torch.cuda import uses_cuda
from ml_lsp.semantics.torch.first_batch import first_batches
from ml_lsp.semantics.torch.fixed import happens_always, is_fixed
from ml_lsp.semantics.torch.worker_seeds import kept_generators, seeds_all_alike
from ml_lsp.semantics.values import Result
from tests.semantics.bodies import function, inquiry, loop, scope_named

MAKERS = ["random.Random"]
SEEDERS = ["random.seed"]


@pytest.mark.parametrize(
    ("init", "item", "more", "kept"),
    [
        ("self.r = Random(1)", "return self.r.random()", "", 1),
        ("self.x, self.r = x, Random(1)", "return draw(self.r)", "", 1),
        ("self.r = Random(1)", "return 1", "", 0),
        ("r = Random(1)", "return r", "", 0),
        ("self.r = Random(1)", "self.r.seed(i); return self.r.random()", "", 0),
        ("self.r = Random(1)", "return self.r.random()", "def renew(self, e): self.r = Random(e)", 0),
        ("self.r = x", "return self.r.random()", "", 0),
    ],
)
def test_generators_that_a_dataset_keeps(init: str, item: str, more: str, kept: int) -> None:
    own = inquiry(f"""
    from random import Random
    class Data:
        def __init__(self, x):
            {init}
        def __getitem__(self, i):
            {item}
        {more}
    """).class_("Data")
    assert own is not None
    assert len(list(kept_generators(own, MAKERS))) == kept


@pytest.mark.parametrize(
    ("line", "alike"),
    [
        ("random.seed(42)", True),
        ("random.seed(args.seed)", True),
        ("random.seed(42 + number)", False),
        ("random.seed(torch.initial_seed())", False),
        ("seed = number\n    random.seed(seed)", False),
        ("random.seed(other.seed_of())", False),
        ("random.seed()", False),
        ("print(1)", False),
    ],
)
def test_seeds_that_are_alike_in_all_workers(line: str, alike: bool) -> None:
    scope = function(f"import random, torch\ndef f(number):\n    {line}\n")
    assert (seeds_all_alike(scope, SEEDERS) is not None) is alike


@pytest.mark.parametrize(
    ("line", "used"),
    [
        ("x.cuda()", True),
        ("x.to('cuda:0')", True),
        ("x.to(torch.device('cuda' if torch.cuda.is_available() else 'cpu'))", True),
        ("torch.zeros(3, device='cuda')", True),
        ("torch.cuda.synchronize()", True),
        ("x.to(device=d)", False),
        ("x.to(torch.float32)", False),
        ("x.to('cpu')", False),
        ("torch.cuda.is_available()", False),
        ("torch.device('cuda')", False),
        ("torch.cuda.Event()", False),
        ("g.run(device='cuda')", False),
    ],
)
def test_what_uses_cuda(line: str, used: bool) -> None:
    assert any(map(uses_cuda, acts(function(f"import torch\ndef f(x, d, g):\n    {line}\n").calls))) is used


@pytest.mark.parametrize(
    ("argument", "fixed"),
    [
        ("'a.csv'", True),
        ("self.path", True),
        ("os.path.join(self.path, f'{self.path}.csv')", True),
        ("self.paths[0]", True),
        ("self.paths[i]", False),
        ("self.now", False),
        ("self.name(i)", False),
        ("i", False),
        ("unknown", False),
    ],
)
def test_what_is_the_same_for_each_item(argument: str, fixed: bool) -> None:
    found = inquiry(f"""
    import os
    class Data:
        def __init__(self, path, paths):
            self.path, self.paths, self.now = path, paths, None
        def name(self, i):
            return self.path
        def __getitem__(self, i):
            self.now = i
            read({argument})
    """)
    own, scope = found.class_("Data"), scope_named(found, "__getitem__")
    call = scope.calls[-1]
    assert own is not None and isinstance(call.value, Result)
    assert is_fixed(own, call.value.args[0]) is fixed


@pytest.mark.parametrize(
    ("lines", "always"),
    [
        ("read()", True),
        ("with a: read()", True),
        ("if a: read()", False),
        ("for b in a: read()", False),
        ("helper()", True),
        ("cached()", False),
        ("if a: return 1\n    read()", False),
    ],
)
def test_what_happens_always(lines: str, always: bool) -> None:
    text = f"""
from functools import cache
def helper(): read()
@cache
def cached(): read()
def f(a):
    {lines}
"""
    found = [act for act in acts(function(text).calls) if act.call.callee is not None]
    reads = [act for act in found if getattr(act.call.node.func, "id", "") == "read"]
    assert [happens_always(act) for act in reads] == [always]


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("x = next(iter(loader))", 1),
        ("x = iter(loader).__next__()", 1),
        ("it = iter(loader); x = next(it)", 1),
        ("x = next(iter(self.loader))", 1),
        ("x = next(iter(DataLoader(x)))", 1),
        ("x = next(batches)", 0),
        ("x = next(iter(loader), None)", 0),
        ("x = next(iter(data_iter))", 0),
        ("x = next(iter(model.parameters()))", 0),
        ("x = next(iter(endless(loader)))", 0),
        ("if x: x = next(iter(loader))", 0),
    ],
)
def test_first_batches(line: str, found: int) -> None:
    text = (
        "from torch.utils.data import DataLoader\n"
        "def f(self, loader, batches, data_iter, model, endless, x):\n"
        f"    while True:\n        {line}\n"
    )
    assert len(list(first_batches(loop(text)))) == found


def test_a_loop_that_is_broken_off_at_once() -> None:
    text = "def f(loader):\n    for step in range(3):\n        for x in loader:\n            break\n"
    (found,) = first_batches(loop(text))
    assert getattr(found.written, "id", "") == "loader"
