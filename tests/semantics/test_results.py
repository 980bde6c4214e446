"""What becomes of results, and what is used again."""

from __future__ import annotations

import pytest

from ml_lsp.semantics.call import Call
from ml_lsp.semantics.results import is_kept_unread, is_thrown_away, is_used_later
from tests.semantics.bodies import function


def made(body: str) -> Call:
    """The call of `make` in a function with that body."""
    lines = "".join(f"    {line}\n" for line in body.split("\n"))
    scope = function(f"def f(a, xs):\n{lines}")
    (call,) = (call for call in scope.calls if call.method == "make")
    return call


@pytest.mark.parametrize(
    ("body", "thrown_away", "unread", "used"),
    [
        ("a.make()", True, False, False),
        ("a.make()\na.show()", True, False, True),
        ("a.show()\na.make()", True, False, False),
        ("for x in xs:\n    a.show()\n    a.make()", True, False, True),
        ("for x in xs:\n    a.make(a)", True, False, False),
        ("b = a.make()\nreturn a", False, True, True),
        ("b = a.make()\nreturn b", False, False, False),
        ("b = a.make()\nreturn lambda: b", False, False, False),
        ("b = a.make()\nb = 1\nreturn b", False, True, False),
        ("a.make().show()", False, False, False),
        ("b, c = a.make()", False, False, False),
    ],
)
def test_results(body: str, thrown_away: bool, unread: bool, used: bool) -> None:
    call = made(body)
    assert (is_thrown_away(call), is_kept_unread(call), is_used_later(call, "a")) == (
        thrown_away,
        unread,
        used,
    )
