"""Naming another thing of a library, whatever the import looks like."""

from __future__ import annotations

import ast
from textwrap import dedent

import pytest

from ml_lsp.renaming import rename
from ml_lsp.semantics.scope import Scope
from ml_lsp.text import apply
from tests.reading import marked


def _all(scope: Scope, node: ast.expr) -> bool:
    return True


def _none(scope: Scope, node: ast.expr) -> bool:
    return False


def _renamed(code: str, all_uses: bool) -> str:
    code = dedent(code)
    scope, node = marked(code)
    assert isinstance(node, ast.Call)
    return apply(code, rename(scope, node.func, "new", _all if all_uses else _none))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import lib\nhere(lib.old(1))\n", "import lib\nhere(lib.new(1))\n"),
        ("from lib import old\nhere(old(1))\n", "from lib import new\nhere(new(1))\n"),
        ("from lib import old as o\nhere(o(1))\n", "from lib import new as o\nhere(o(1))\n"),
        ("from lib import *\nhere(old(1))\n", "from lib import *\nhere(old(1))\n"),
        (
            "from lib import (\n    a,\n    old,  # why\n)\nold(2)\nhere(old(1))\n",
            "from lib import (\n    a,\n    new,  # why\n)\nnew(2)\nhere(new(1))\n",
        ),
        (
            "from lib import old, new as fresh\nhere(old(1))\n",
            "from lib import old, new as fresh\nhere(fresh(1))\n",
        ),
        (
            "try:\n    from lib import old\nexcept ImportError:\n    from other import old\nhere(old(1))\n",
            "try:\n    from lib import old\nexcept ImportError:\n    from other import old\nhere(old(1))\n",
        ),
        (
            "def f():\n    from lib import old\n    g = lambda: old\n    here(old(1))\n",
            "def f():\n    from lib import new\n    g = lambda: new\n    here(new(1))\n",
        ),
    ],
)
def test_all_uses_change(before: str, after: str) -> None:
    assert _renamed(before, all_uses=True) == after


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            "from lib import (\n    a,\n    old,\n)\nold(2)\nhere(old(1))\n",
            "from lib import (\n    a,\n    old, new,\n)\nold(2)\nhere(new(1))\n",
        ),
        (
            "from lib import a, \\\n    old as o\no(2)\nhere(o(1))\n",
            "from lib import a, \\\n    old as o, new\no(2)\nhere(new(1))\n",
        ),
        (
            "from lib import old\ndef f(old):\n    return old\nhere(old(1))\n",
            "from lib import new\ndef f(old):\n    return old\nhere(new(1))\n",
        ),
    ],
)
def test_other_uses_stay(before: str, after: str) -> None:
    assert _renamed(before, all_uses=False) == after
