"""Code that is certainly never run."""

from __future__ import annotations

import pytest

from ml_lsp.semantics.dead_code import never_runs
from ml_lsp.syntax.segments import split


def dead_lines(text: str) -> list[str]:
    """The lines of a text that never run, without their indent."""
    pieces = split(text)
    starts = [at for at in range(len(text)) if at == 0 or text[at - 1] == "\n"]
    lines = [(at, text[at:].partition("\n")[0]) for at in starts]
    return [
        line.strip()
        for at, line in lines
        if line.strip() and never_runs(pieces, at + len(line) - len(line.lstrip()))
    ]


@pytest.mark.parametrize(
    ("body", "dead"),
    [
        ("    return 1\n    a()\n    b()\n", ["a()", "b()"]),
        ("    assert False, 'update it'\n    a()\n", ["a()"]),
        ("    assert x\n    a()\n", []),
        ("    if x:\n        raise ValueError\n        a()\n    b()\n", ["a()"]),
        ("    for y in x:\n        continue\n        a()\n    b()\n", ["a()"]),
        ("    if x:\n        return 1\n    else:\n        raise ValueError\n    a()\n", ["a()"]),
        ("    if False:\n        a()\n    else:\n        b()\n", ["a()"]),
        ("    if x and 0:\n        a()\n    b()\n", ["a()"]),
        ("    if not False:\n        a()\n    else:\n        b()\n", ["b()"]),
        ("    if x or False:\n        a()\n", []),
        ("    while True:\n        a()\n    b()\n", []),
        ("    while 0:\n        a()\n    else:\n        b()\n", ["a()"]),
        ("    try:\n        return 1\n    except ValueError:\n        a()\n    b()\n", []),
        ("    with x:\n        return 1\n    a()\n", []),
    ],
)
def test_what_never_runs(body: str, dead: list[str]) -> None:
    assert dead_lines(f"x = 1\n\ndef f(x):\n{body}") == dead
    assert (
        dead_lines(
            "class A:\n    z = 1\n\n    def f(x):\n" + "".join(f"    {line}\n" for line in body.splitlines())
        )
        == dead
    )


def test_the_top_level_of_a_script() -> None:
    assert dead_lines("if False:\n    a()\nb()\n") == ["a()"]
    assert dead_lines("def f(:\n    a()\n") == []


def test_more_branches_than_the_stack_is_deep() -> None:
    branches = "".join(f"    elif x == {n}:\n        return {n}\n" for n in range(1500))
    assert (
        dead_lines(
            f"def f(x):\n    if x:\n        return 0\n{branches}    else:\n        return 1\n    a()\n"
        )
        == []
    )
