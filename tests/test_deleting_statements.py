"""A statement that is taken out leaves code that parses."""

from __future__ import annotations

import ast

import pytest

from ml_lsp.fixes import delete_statement
from ml_lsp.semantics.body import ModuleView
from ml_lsp.text import apply
from tests.semantics.bodies import inquiry


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ("a()\ngone()\nb()\n", "a()\nb()\n"),
        ("gone()\n", ""),
        ("a()\ngone()  # why\n", "a()\n"),
        ("a(); gone()\n", "a(); pass\n"),
        ("def f():\n    gone()\n", "def f():\n    pass\n"),
        ("def f():\n    a()\n    gone(\n        1,\n    )\n", "def f():\n    a()\n"),
        ("if a:\n    gone()\nelse:\n    b()\n", "if a:\n    pass\nelse:\n    b()\n"),
    ],
)
def test_deleting(code: str, wanted: str) -> None:
    for scope in ModuleView(inquiry(code)).scopes():
        for call in scope.calls:
            statement = scope.statement_of(call.node)
            if scope.text(call.node.func) == "gone" and statement is not None:
                text = apply(code, [delete_statement(scope, statement)])
                assert text == wanted
                ast.parse(text)
                return
    raise AssertionError("nothing was taken out")
