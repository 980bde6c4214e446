"""Rules that are nothing but a page: what their patterns report, and what their fixes write."""

from __future__ import annotations

from pathlib import Path

import pytest

from ml_lsp.catalogue import parse_rule
from ml_lsp.finding import Finding
from ml_lsp.review import Document, review_now
from ml_lsp.text import apply

PAGE = """
severity: warning
tier: default
area: style
title: Not ours
message: "`{name}` is not ours."
why: Because.
fix: {title: "Use ours"}
examples: [{name: one, code: "x"}]
match: """


def reviewed(match: str, code: str) -> tuple[Finding, ...]:
    rule = parse_rule(f"{PAGE}{{{match}}}", "own/load", Path("own/load.yaml"))
    return review_now(Document(Path("x.py"), code), (rule,))


def fixed(match: str, code: str) -> str:
    edits = [edit for found in reviewed(match, code) if found.fix for edit in found.fix.edits]
    return apply(code, dict.fromkeys(edits))


@pytest.mark.parametrize(
    ("match", "code", "reported"),
    [
        (
            "call: [a.b.f, a.b.g]",
            "import a.b as c\nfrom a.b import g as h\nc.f(); h(); c.k()\n",
            ["c.f", "h"],
        ),
        ("call: a.f, argument: n", "import a\na.f(n=1)\na.f(1)\na.f()\n", ["1"]),
        ("call: a.f, argument: n, position: 0, value: 0", "import a\na.f(n=0)\na.f(0)\na.f(1)\n", ["0", "0"]),
        ("call: a.f, argument: n, value: 1", "import a\na.f(n=1)\na.f(n=True)\na.f(n=1.0)\n", ["1", "1.0"]),
        ("call: a.f, argument: n, value: false", "import a\na.f(n=0)\na.f(n=False)\n", ["False"]),
        ("call: a.f, argument: n, value: null", "import a\na.f(n=x)\na.f(n=None)\na.f()\n", ["None"]),
        ("call: builtins.print", "def print(_): ...\nprint(1)\n", []),
        ("call: builtins.print", "print(1)\n", ["print"]),
        ("call: a.f, without_argument: n", "import a\na.f(n=1)\na.f()\na.f(**k)\n", ["a.f"]),
    ],
)
def test_what_a_pattern_reports(match: str, code: str, reported: list[str]) -> None:
    assert [code[f.span.start : f.span.end] for f in reviewed(match, code)] == reported


@pytest.mark.parametrize(
    ("match", "before", "after"),
    [
        ("call: a.f, add_argument: n=1", "import a\na.f(2)\n", "import a\na.f(2, n=1)\n"),
        ("call: a.f, add_argument: n=1", "import a\na.f(*x)\n", "import a\na.f(*x)\n"),
        ("call: a.b.f, replace_call: a.b.g", "import a.b\na.b.f(1)\n", "import a.b\na.b.g(1)\n"),
        ("call: a.b.f, replace_call: a.b.g", "import a.b as c\nc.f(1)\n", "import a.b as c\nc.g(1)\n"),
        (
            "call: a.b.f, replace_call: a.b.g",
            "from a.b import f\nf(1)\n",
            "from a.b import g\nfrom a.b import f\ng(1)\n",
        ),
        (
            "call: a.b.f, replace_call: a.c.g",
            "import a.b\na.b.f(1)\n",
            "from a.c import g\nimport a.b\ng(1)\n",
        ),
        (
            "call: a.b.f, replace_call: a.b.g",
            "def h():\n    import a.b\n    a.b.f(1)\n",
            "def h():\n    import a.b\n    a.b.g(1)\n",
        ),
    ],
)
def test_what_the_fix_of_a_pattern_writes(match: str, before: str, after: str) -> None:
    assert fixed(match, before) == after
