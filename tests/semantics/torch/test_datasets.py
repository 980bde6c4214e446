"""Datasets and the loaders over them: what a loader loads, its workers, and what these run."""

from __future__ import annotations

import pytest

from ml_lsp.semantics.call import Call
from ml_lsp.semantics.torch.datasets import (
    acts_in_workers,
    has_workers,
    is_iterable_style,
    is_map_style,
    loaded_class,
    loaders_over,
    streamed,
    worker_count,
)
from ml_lsp.semantics.values import Ref, walk
from tests.semantics.bodies import function, inquiry, scope_named

CLASSES = """
from torch.utils.data import DataLoader as Loader, Dataset, IterableDataset, Subset

class Rows(Dataset):
    def __len__(self):
        return 3

    def read(self, i):
        return open(i)

    def __getitem__(self, i):
        return self.read(i)

class Lines(IterableDataset):
    def __iter__(self):
        with open("lines") as lines:
            for line in lines:
                for i in range(3):
                    yield line, i
"""


def loader(arguments: str, before: str = "pass", parameters: str = "args, workers=2, size=0") -> Call:
    text = f"{CLASSES}\ndef f({parameters}):\n    {before}\n    return Loader({arguments})\n"
    return next(call for call in function(text).calls if call.name == "torch.utils.data.DataLoader")


@pytest.mark.parametrize(
    ("arguments", "count"),
    [
        ("Rows()", 0),
        ("Rows(), num_workers=4", 4),
        ("Rows(), 8, True, None, None, 3", 3),
        ("Rows(), num_workers=workers", 2),
        ("Rows(), num_workers=size", 0),
        ("Rows(), num_workers=4 if size else 2", 2),
        ("Rows(), num_workers=args.workers", None),
        ("Rows(), **args", None),
    ],
)
def test_how_many_workers_a_loader_has(arguments: str, count: int | None) -> None:
    assert worker_count(loader(arguments)) == count


@pytest.mark.parametrize(
    ("arguments", "some"),
    [
        ("Rows(), num_workers=args.workers", True),
        ("Rows(), **args", False),
        ("Rows(), num_workers=size", False),
    ],
)
def test_whether_a_loader_may_have_workers(arguments: str, some: bool) -> None:
    assert has_workers(loader(arguments)) is some


def test_an_option_of_the_command_line_counts_with_its_default() -> None:
    text = """
    from argparse import ArgumentParser
    from torch.utils.data import DataLoader

    parser = ArgumentParser()
    parser.add_argument("-j", "--num-workers", type=int, default=4)
    parser.add_argument("--seed", default=1, dest="start")

    def f(args, ds):
        return DataLoader(ds, num_workers=args.num_workers), DataLoader(ds, num_workers=args.seed)
    """
    loaders = [call for call in function(text).calls if call.name == "torch.utils.data.DataLoader"]
    assert [worker_count(call) for call in loaders] == [4, None]


@pytest.mark.parametrize(
    ("arguments", "before", "name"),
    [
        ("Rows()", "pass", "Rows"),
        ("ds", "ds = Subset(Rows(), [1])", "Rows"),
        ("dataset=ds", "ds = Rows()", "Rows"),
        ("ds", "ds = Rows() if args else Lines()", None),
        ("args", "pass", None),
    ],
)
def test_which_class_a_loader_loads(arguments: str, before: str, name: str | None) -> None:
    own = loaded_class(loader(arguments, before))
    assert (own.name if own is not None else None) == name


def test_a_parameter_is_followed_to_the_callers() -> None:
    text = f"{CLASSES}\ndef f(ds):\n    return Loader(ds)\n\ndef g():\n    return f(Rows())\n"
    own = loaded_class(function(text).calls[0])
    assert own is not None and own.name == "Rows"


def test_the_loaders_of_a_class() -> None:
    found = inquiry(
        f"{CLASSES}\ndef f():\n    return Loader(Rows()), Loader(Lines(), 2), Loader(Rows(), 3)\n"
    )
    rows, lines = found.class_("Rows"), found.class_("Lines")
    assert rows is not None and lines is not None
    assert [len(list(loaders_over(own))) for own in (rows, lines)] == [2, 1]
    assert is_map_style(rows) and not is_iterable_style(rows)
    assert is_iterable_style(lines) and not is_map_style(lines)


def test_what_runs_in_workers() -> None:
    rows = inquiry(CLASSES).class_("Rows")
    assert rows is not None
    assert "builtins.open" in [act.call.name for act in acts_in_workers(rows)]


def test_what_a_stream_goes_over() -> None:
    lines = inquiry(CLASSES).class_("Lines")
    assert lines is not None
    found = [(Ref("builtins.open") in list(walk(value)), outermost) for value, outermost in streamed(lines)]
    assert found == [(False, False), (True, True)]


@pytest.mark.parametrize(
    ("line", "sources"),
    [
        ("return iter(range(3))", [("builtins.range", True)]),
        ("yield from range(3)", [("builtins.range", True)]),
        ("while True: yield 1", []),
        ("return self", []),
    ],
)
def test_other_streams(line: str, sources: list[tuple[str, bool]]) -> None:
    text = f"from torch.utils.data import IterableDataset\nclass C(IterableDataset):\n def __iter__(self):\n  {line}\n"
    own = scope_named(inquiry(text), "__iter__").owner
    assert own is not None
    found = [
        (next(p.name for p in walk(v) if isinstance(p, Ref)), outermost) for v, outermost in streamed(own)
    ]
    assert found == sources
