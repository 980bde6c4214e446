"""`with` around statements and decorators above functions: all that is there stays as it is."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_lsp.finding import Fix
from ml_lsp.rewriting import CannotRewrite, decorate, worked_out, wrap_in_with
from ml_lsp.text import Span, apply


def wrapped(code: str, first: str, last: str | None = None) -> str:
    start = code.index(first)
    end = code.index(last) + len(last) if last else start + len(first)
    fix = worked_out(code, Fix("", (), rewrites=(wrap_in_with(Span(start, end), "guard()"),)))
    return apply(code, fix.edits)


@pytest.mark.parametrize(
    ("code", "wanted"),
    [
        ("for x in y:\n    a(x)\n", "with guard():\n    for x in y:\n        a(x)\n"),
        (
            "b()\nfor x in y:\n    a(x)\n# end\nc()\n",
            "b()\nwith guard():\n    for x in y:\n        a(x)\n# end\nc()\n",
        ),
        (
            "for x in y:\n    a(x)\n    # last\nc()\n",
            "with guard():\n    for x in y:\n        a(x)\n        # last\nc()\n",
        ),
        ("for x in y:\r\n    a(x)\r\n", "with guard():\r\n    for x in y:\r\n        a(x)\r\n"),
        ("for x in y:\n\ta(x)\n", "with guard():\n\tfor x in y:\n\t\ta(x)\n"),
        ("for x in y: a(x)", "with guard():\n    for x in y: a(x)"),
        (
            "# why\nfor x in y:  # what\n\n    a(x)\n",
            "# why\nwith guard():\n    for x in y:  # what\n\n        a(x)\n",
        ),
        (
            'for x in y:\n    a("""one\n  two\n""", (\n      x,\n    ))\n',
            'with guard():\n    for x in y:\n        a("""one\n  two\n""", (\n          x,\n        ))\n',
        ),
        (
            'for x in y:\n    a(f"""{x}\n  two\n""")\n',
            'with guard():\n    for x in y:\n        a(f"""{x}\n  two\n""")\n',
        ),
        (
            "def f():\n    if a:\n        for x in y:\n            b\n"
            "        else:\n            c\n    return\n",
            "def f():\n    if a:\n        with guard():\n            for x in y:\n                b\n"
            "            else:\n                c\n    return\n",
        ),
    ],
)
def test_a_loop_is_wrapped(code: str, wanted: str) -> None:
    found = wrapped(code, "for x in y", code.rstrip().splitlines()[-1] if "else" in code else None)
    assert found == wanted
    ast.parse(found)


def test_a_method_of_a_class_with_other_line_ends() -> None:
    code = "class A:\r\n    x = 1\r\n\r\n    def f(self):\r\n        for x in y:\r\n            b\r\n"
    found = wrapped(code, "for x in y")
    assert found == code.replace(
        "        for x in y:\r\n            b\r\n",
        "        with guard():\r\n            for x in y:\r\n                b\r\n",
    )


def test_a_decorator_goes_right_above_the_function() -> None:
    code = "class A:\r\n    @staticmethod  # s\r\n    def f(x):\r\n        return x\r\n"
    at = code.index("def f")
    fix = worked_out(code, Fix("", (), rewrites=(decorate(Span(at, len(code)), "guard()"),)))
    assert apply(code, fix.edits) == code.replace("    def f", "    @guard()\r\n    def f")


def test_text_that_has_changed_is_left_alone() -> None:
    with pytest.raises(CannotRewrite):
        worked_out("a = (\n", Fix("", (), rewrites=(wrap_in_with(Span(0, 1), "guard()"),)))
    with pytest.raises(CannotRewrite):
        worked_out("a = 1\n", Fix("", (), rewrites=(decorate(Span(0, 1), "guard()"),)))


@given(
    st.lists(
        st.sampled_from(
            ["a(x)", "# note", "", 's = """\n  t\n"""', "if x:\n        b", "c = (1,\n  2)", "'''é😀'''"]
        ),
        max_size=6,
    ),
    st.sampled_from(["", "    "]),
)
def test_only_indentation_and_one_line_are_added(lines: list[str], outer: str) -> None:
    body = "".join(f"    {line}\n" if line else "\n" for line in ["a(x)", *lines])
    code = f"for x in y:\n{body}"
    if outer:
        code = "def f():\n    for x in y:\n" + "".join(f"        {line}\n" for line in ["a(x)", "b(x)"])
    found = wrapped(code, "for x in y")
    with_line = [line for line in found.splitlines() if line.strip() == "with guard():"]
    assert len(with_line) == 1
    assert [s.strip() for s in found.splitlines() if s != with_line[0]] == [
        s.strip() for s in code.splitlines()
    ]
    (before,) = [node for node in ast.walk(ast.parse(code)) if isinstance(node, ast.For)]
    (after,) = [node for node in ast.walk(ast.parse(found)) if isinstance(node, ast.For)]
    assert ast.dump(before) == ast.dump(after)
