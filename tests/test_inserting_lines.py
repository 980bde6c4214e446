"""A line of code put after a statement."""

from __future__ import annotations

import ast

import pytest

from ml_lsp.fixes import add_import, insert_after
from ml_lsp.text import apply
from tests.reading import scopes


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("    a()\n    b()\n", "    a()\n    new()\n    b()\n"),
        ("    a()  # why\n", "    a()  # why\n    new()\n"),
        ("    a()", "    a()\n    new()"),
        ("    a()\r\n", "    a()\r\n    new()\r\n"),
        ("    a(); b()\n", "    a(); new(); b()\n"),
        ("    if x: a()\n", "    if x: a(); new()\n"),
    ],
)
def test_insert_after(before: str, after: str) -> None:
    head = "def f(x):\r\n" if "\r" in before else "def f(x):\n"
    (scope,) = (scope for scope in scopes(head + before) if scope.is_function)
    statement = scope.statement_of(scope.calls[0].node)
    assert statement is not None
    changed = apply(head + before, [insert_after(scope, statement, "new()")])
    assert changed == head + after
    ast.parse(changed)


@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "byte order mark"])
@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import a\n", "NEWimport a\n"),
        ("def f():\n    pass\n", "NEWdef f():\n    pass\n"),
        ('"""What it is."""\nx = 1\n', '"""What it is."""\nNEWx = 1\n'),
        ('"""What it is."""\nfrom __future__ import annotations\nimport a\n', None),
        ("# a comment\nimport a\n", "# a comment\nNEWimport a\n"),
    ],
)
def test_where_an_import_is_added(mark: str, before: str, after: str | None) -> None:
    _, edits = add_import(scopes(mark + before)[0].inquiry, "yaml")
    shown = after or before.replace("import a\n", "NEWimport a\n")
    assert apply(mark + before, edits) == mark + shown.replace("NEW", "import yaml\n")
