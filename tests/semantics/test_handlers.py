"""What `except` clauses catch, and who uses the exception."""

from __future__ import annotations

import pytest

from ml_lsp.semantics.handlers import Handler, handler_of
from ml_lsp.semantics.libraries.loguru import adds_traceback, is_logger
from tests.semantics.bodies import function


def handler(text: str) -> Handler:
    """The clause around the call `here(...)`."""
    scope = function(text)
    (call,) = (call for call in scope.calls if scope.text(call.node.func) == "here")
    found = handler_of(call)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("clause", "caught"),
    [
        ("except:", {"builtins.BaseException"}),
        ("except OSError as e:", {"builtins.OSError"}),
        ("except (ValueError, KeyError):", {"builtins.ValueError", "builtins.KeyError"}),
        ("except own.Error:", None),
    ],
)
def test_what_is_caught(clause: str, caught: set[str] | None) -> None:
    found = handler(f"def f(own):\n    try:\n        own()\n    {clause}\n        here()\n")
    assert found.caught == caught


def test_the_innermost_clause_and_its_own_exception() -> None:
    found = handler("""
        def f(a, b):
            try:
                a()
            except ValueError as e:
                try:
                    b(e)
                except KeyError as e:
                    here(str(e))
    """)
    assert found.caught == {"builtins.KeyError"}
    assert len(found.uses) == 1 and found.is_said_only(found.calls)


def test_outside_of_a_clause_there_is_none() -> None:
    scope = function(
        "def f(a):\n    try:\n        a()\n    except OSError:\n        pass\n    finally:\n        a()\n"
    )
    assert [handler_of(call) for call in scope.calls] == [None, None]


@pytest.mark.parametrize(
    ("rest", "ends"),
    [("raise", True), ("sys.exit(1)", True), ("if a:\n            raise OSError", True), ("return 1", False)],
)
def test_how_it_ends(rest: str, ends: bool) -> None:
    body = f"try:\n        a()\n    except OSError:\n        here()\n        {rest}"
    assert handler(f"import sys\n\ndef f(a):\n    {body}\n").ends_the_work is ends


@pytest.mark.parametrize(
    ("written", "is_loguru", "traceback"),
    [
        ("logger.error('x')", True, False),
        ("logger.bind(a=1).opt(lazy=True).error('x')", True, False),
        ("logger.opt(exception=True).error('x')", True, False),
        ("logger.exception('x')", True, True),
        ("logging.error('x', exc_info=True)", False, True),
        ("logging.getLogger('a').error('x')", False, False),
        ("logger.catch.error('x')", False, False),
    ],
)
def test_loggers(written: str, is_loguru: bool, traceback: bool) -> None:
    scope = function(f"import logging\nfrom loguru import logger\n\ndef f():\n    {written}\n")
    call = scope.calls[-1]
    assert call.receiver is not None and is_logger(scope, call.receiver) is is_loguru
    assert adds_traceback(call) is traceback


@pytest.mark.parametrize(("body", "imports"), [("import a", True), ("from a import b", True), ("a()", False)])
def test_a_try_that_imports(body: str, imports: bool) -> None:
    found = handler(f"def f(a):\n    try:\n        {body}\n    except Exception as e:\n        here()\n")
    assert found.is_of_imports == imports
