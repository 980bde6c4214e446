"""What is tested for truth, what stands alone, what is read and said."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from ml_lsp.semantics.body import ModuleView
from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.semantics.module import module_of
from ml_lsp.semantics.statements import comment_near, is_read, lone_expressions, truth_tests
from ml_lsp.syntax.segments import split
from tests.reading import inquiry
from tests.semantics.bodies import function


@pytest.mark.parametrize(
    ("code", "tested"),
    [
        ("if a: pass", {"a"}),
        ("while a and not b: pass", {"a", "b"}),
        ("x = c if a or b else d", {"a", "b"}),
        ("assert a, b", {"a"}),
        ("x = [i for i in b if a]", {"a"}),
        ("x = a or b", {"a"}),
        ("x = not (a and b)", {"a", "b"}),
        ("x = lambda: a if b else c", set()),
        ("x = a == b", set()),
    ],
)
def test_truth_tests(code: str, tested: set[str]) -> None:
    scope = function(f"def f(a, b, c, d):\n    {code}\n")
    assert {scope.text(node) for node in truth_tests(scope)} == tested


def test_a_notebook_may_show_what_stands_alone() -> None:
    split_text = split(dedent("x.view(3)\ndef f():\n    y.eval\n"))
    for path, lone in (("a.py", ["x.view(3)", "y.eval"]), ("a.ipynb", ["y.eval"])):
        found = ModuleView(Inquiry(module_of(split_text, Path(path))[0])).scopes()
        assert [scope.text(node.value) for scope in found for node in lone_expressions(scope)] == lone


def test_attributes_that_are_read() -> None:
    asked = inquiry("def f(node):\n    node.flag = node.size\n")
    assert is_read(asked, "size")
    assert not is_read(asked, "flag")
    assert not is_read(asked, "other")


def test_comments_near_a_statement_without_names_of_rules() -> None:
    scope = function("def f():\n    # tied on purpose\n    x = 1  # noqa torch/some-rule here\n    y = 2\n")
    statement = next(iter(scope.flow.blocks))
    assert comment_near(scope, statement).split() == ["tied", "on", "purpose", "noqa", "here"]
