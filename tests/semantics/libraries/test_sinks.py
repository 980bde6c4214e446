"""What loguru's sinks are, and whether code that adds one runs several times."""

from __future__ import annotations

import pytest

from ml_lsp.semantics.libraries.sinks import Sink, changes_of_sinks, sink_of
from ml_lsp.semantics.torch.recurring import is_optional, recurs
from tests.semantics.bodies import function, inquiry

HEAD = "import os, sys\nfrom pathlib import Path\nfrom loguru import logger\nOUT = Path('out')\n\n"


def sink(written: str) -> Sink:
    """The sink that `logger.add(written)` makes in a function with the parameter `p`."""
    scope = function(f"{HEAD}def f(p):\n    logger.add({written})\n")
    (found,) = (made for made in map(sink_of, scope.calls) if made is not None)
    return found


@pytest.mark.parametrize(
    ("written", "is_terminal", "is_file", "is_fixed"),
    [
        ("sys.stderr", True, False, True),
        ("print", True, False, True),
        ("lambda m: print(m, end='')", True, False, False),
        ("lambda m: p.append(m)", False, False, False),
        ("'a.log'", False, True, True),
        ("'a_{time}.log'", False, True, False),
        ("f'{p}.log'", False, True, False),
        ("OUT / 'a.log'", False, True, True),
        ("os.path.join('out', 'a.log')", False, True, True),
        ("os.path.join('out', p)", False, True, False),
        ("p", False, False, False),
    ],
)
def test_what_a_sink_is(written: str, is_terminal: bool, is_file: bool, is_fixed: bool) -> None:
    found = sink(written)
    assert (found.is_terminal, found.is_file, found.is_fixed) == (is_terminal, is_file, is_fixed)


def test_a_setting_may_come_with_others() -> None:
    assert sink("'a.log', rotation='1 day'").says("rotation")
    assert sink("'a.log', **p").says("rotation")
    assert not sink("'a.log', level='INFO'").says("rotation")


def test_only_loguru_has_sinks() -> None:
    scope = function(f"{HEAD}def f(logger, *args):\n    logger.add('a')\n    logger.remove()\n")
    assert [sink_of(call) for call in scope.calls] == [None, None]
    assert list(changes_of_sinks(scope.inquiry)) == []


def test_changes_are_found_wherever_they_stand() -> None:
    text = f"{HEAD}logger.remove()\n\ndef g():\n    logger.configure(handlers=[])\n    [1].remove(1)\n"
    assert [call.method for call in changes_of_sinks(inquiry(text))] == ["remove", "configure"]


@pytest.mark.parametrize(
    ("rest", "expected"),
    [
        ("for i in range(3):\n    f(i)\n", True),
        ("def g():\n    f(1)\n    f(2)\n", True),
        ("def g(x):\n    if x:\n        f(1)\n    else:\n        f(2)\n", False),
        ("def g():\n    f(1)\n\ndef h():\n    f(2)\n", False),
        ("for i in range(3):\n    if i:\n        f(i)\n", False),
        ("while True:\n    f(1)\n    break\n", False),
    ],
)
def test_what_runs_several_times(rest: str, expected: bool) -> None:
    scope = function(f"{HEAD}def f(p):\n    logger.add('a.log')\n\n{rest}")
    assert recurs(scope.calls[0]) is expected


def test_what_returns_before_may_not_run() -> None:
    scope = function(f"{HEAD}def f(p):\n    first()\n    if p:\n        return\n    second()\n")
    assert [is_optional(call) for call in scope.calls] == [False, True]
