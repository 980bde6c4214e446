"""Which runs are open where."""

from __future__ import annotations

import pytest

from ml_lsp.semantics.body import body_of, loop_around
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.libraries.mlflow import START, is_nested, open_run, stays_open
from tests.semantics.bodies import function


def starts(body: str) -> list[Call]:
    """The calls of `start_run` in a function with that body."""
    lines = "".join(f"    {line}\n" for line in body.split("\n"))
    scope = function(f"import mlflow\nfrom runs import finish_run, log\n\ndef f(xs, tool, **kw):\n{lines}")
    return [call for call in scope.calls if call.name == START]


@pytest.mark.parametrize(
    ("rest", "stays"),
    [
        ("log(x)", True),
        ("mlflow.end_run()", False),
        ("if x: mlflow.end_run()", False),
        ("finish_run()", False),
        ("tool.close()", False),
        ("if x: continue\n    mlflow.end_run()", True),
        ("try:\n        if x: continue\n    finally:\n        mlflow.end_run()", False),
        ("if x:\n        mlflow.end_run()\n        continue\n    mlflow.end_run()", False),
        ("break", False),
    ],
)
def test_a_run_opened_in_a_loop(rest: str, stays: bool) -> None:
    (call,) = starts(f"for x in xs:\n    mlflow.start_run()\n    {rest}")
    loop = loop_around(call)
    assert loop is not None and stays_open(call, loop) is stays


@pytest.mark.parametrize(
    ("before", "is_open"),
    [
        ("mlflow.log_param('a', 1)", True),
        ("mlflow.start_run()", True),
        ("mlflow.start_run()\nmlflow.end_run()", False),
        ("mlflow.log_param('a', 1)\nfinish_run()", False),
        ("if xs: mlflow.log_param('a', 1)", False),
        ("with mlflow.start_run(): mlflow.log_param('a', 1)", False),
        ("run = mlflow.start_run()\nwith run: pass", False),
        ("mlflow.set_experiment('a')", False),
    ],
)
def test_a_run_opened_before(before: str, is_open: bool) -> None:
    last = starts(f"{before}\nmlflow.start_run()")[-1]
    assert (open_run(last, body_of(last.scope), ("mlflow.log_param",)) is not None) is is_open


@pytest.mark.parametrize(
    ("arguments", "nested"),
    [
        ("", False),
        ("nested=False", False),
        ("nested=xs", True),
        ("'id'", True),
        ("**kw", True),
        ("run_name='a'", False),
    ],
)
def test_nested(arguments: str, nested: bool) -> None:
    (call,) = starts(f"mlflow.start_run({arguments})")
    assert is_nested(call) is nested
