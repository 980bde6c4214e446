"""Segments: joined they are the text, each parses alone, and splitting again after an edit equals splitting anew."""

from __future__ import annotations

import ast
import itertools
import warnings

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ml_lsp.syntax import segments
from ml_lsp.syntax.segments import EMPTY, Kind, split
from ml_lsp.syntax.trees import cst, tree
from tests.samples import edits, library_files, texts


def kinds(text: str) -> list[tuple[str, str]]:
    return [(segment.kind.value, segment.text.split("\n")[0]) for segment in split(text).segments]


def test_methods_are_segments_of_their_own() -> None:
    text = "import a\n@d\nclass A(B):\n    x = 1\n\n    @p\n    def m(self): ...\n    y = 2\n\ndef f():\n    pass\n"
    assert kinds(text) == [
        ("statement", "import a"),
        ("class", "@d"),
        ("method", "    @p"),
        ("class body", "    y = 2"),
        ("function", "def f():"),
    ]


def test_else_and_except_stay_with_their_statement() -> None:
    assert (
        len(
            kinds(
                "if a:\n    b\nelif c:\n    d\nelse:\n    e\ntry:\n    f\nexcept G:\n    h\nfinally:\n    i\n"
            )
        )
        == 2
    )


def test_an_open_bracket_does_not_swallow_the_next_function() -> None:
    segments = split("x = f(1,\ndef g():\n    pass\n").segments
    assert [segment.text for segment in segments] == ["x = f(1,\n", "def g():\n    pass\n"]


def test_a_statement_word_inside_a_string_ends_nothing() -> None:
    assert len(split('f(1, """\ndef g():\n""",\n  2)\n').segments) == 1


@pytest.mark.parametrize(
    "first",
    ["import a\n", "class A:\n    def m(self):\n        pass\n", "@d\ndef f():\n    pass\n", "# a\n"],
    ids=["import", "class", "decorated", "comment"],
)
def test_a_byte_order_mark_changes_nothing_behind_it(first: str) -> None:
    with_mark = split(f"\ufeff{first}x = 1\n").segments
    assert (with_mark[0].kind, with_mark[0].text[0]) == (Kind.STATEMENT, "\ufeff")
    assert all(tree(segment) is not None and cst(segment) is not None for segment in with_mark)
    assert with_mark[-1] == split(f"{first}x = 1\n").segments[-1]
    assert _rebuilt(f"\ufeff{first}x = 1\n") == _dumped(ast.parse(f"{first}x = 1\n").body)


@given(texts)
def test_joined_segments_are_the_text(text: str) -> None:
    pieces = split(text)
    assert "".join(segment.text for segment in pieces.segments) == text
    assert [
        text[start : start + len(s.text)] for start, s in zip(pieces.starts, pieces.segments, strict=True)
    ] == [segment.text for segment in pieces.segments]


@settings(max_examples=300)
@given(texts, st.data())
def test_splitting_after_edits_equals_splitting_anew(text: str, data: st.DataObject) -> None:
    pieces = split(text, EMPTY)
    for _ in range(4):
        start, end, new = data.draw(edits(text))
        text = text[:start] + new + text[end:]
        pieces = split(text, pieces)
        assert pieces == split(text)


@settings(max_examples=500)
@given(st.text(alphabet="\"'()[]{}#\\\n\r a,", max_size=30))
def test_a_line_that_ends_where_it_seems_to_ends_there_token_by_token_too(text: str) -> None:
    """A bracket in front closes nothing and is never simple: behind it, every line is read token by token."""
    simple = segments._SIMPLE_LINE.match(text)
    if simple is not None:
        closed = text[: simple.end()]
        assert segments._line_end(f")\\\n{text}", 0, len(text) + 3) == len(closed) + 3


def test_a_continuation_that_loses_what_it_continued() -> None:
    before = split("class A:\n    x\nelse:\nelse:\n")
    assert split("e:\nelse:\nelse:\n", before) == split("e:\nelse:\nelse:\n")
    assert split("else:\nelse:\ne:\n", split("else:\ne:\n")) == split("else:\nelse:\ne:\n")


@pytest.mark.parametrize("at", range(len("(x = 1\nimport torch\n") + 1))
def test_a_statement_word_that_is_no_longer_one_ends_no_bracket(at: int) -> None:
    before = "(x = 1\nimport torch\n"
    after = before[:at] + "x" + before[at:]
    assert split(after, split(before)) == split(after)


def _parses(text: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return False
    return True


def _dumped(nodes: list[ast.stmt] | tuple[ast.stmt, ...]) -> list[str]:
    return [ast.dump(node) for node in nodes]


@pytest.mark.parametrize("part", range(4))
def test_trees_of_segments_equal_the_whole_parse(part: int) -> None:
    """Over the standard library and the installed packages."""
    for path in library_files(400)[part::4]:
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        if _parses(text):
            assert _rebuilt(text) == _dumped(ast.parse(text).body), path


def _rebuilt(text: str) -> list[str]:
    """The statements of a text, put together from its segments' trees."""
    found: list[ast.stmt] = []
    for segment in split(text).segments:
        parsed = tree(segment)
        assert parsed is not None, segment.text
        if segment.kind.in_class:
            holder = found[-1]
            assert isinstance(holder, ast.ClassDef)
            fields = {
                name: getattr(holder, name) for name in holder._fields
            }  # from 3.12 on `type_params` too
            found[-1] = ast.ClassDef(**{**fields, "body": [*holder.body, *parsed.body]})
        else:
            found += parsed.body
    return _dumped(found)


def test_libcst_trees_of_segments_give_their_text_back() -> None:
    for path in library_files(25):
        text = path.read_text(encoding="utf-8", errors="ignore")
        for segment in split(text).segments if _parses(text) else ():
            module = cst(segment)
            assert module is not None, (path, segment.text)
            assert segment.text.rstrip() in module.code, (path, segment.text)


def test_an_edit_in_one_function_parses_that_segment_again_and_no_other() -> None:
    text = "import a\n\ndef f():\n    return 1\n\nclass B:\n    def m(self):\n        return 2\n\ndef g():\n    return 3\n"
    before = split(text)
    for segment in before.segments:
        tree(segment), cst(segment)
    after = split(text.replace("return 2", "return 22"), before)
    again = [segment for segment in after.segments if tree not in segment.memory or cst not in segment.memory]
    assert [segment.text for segment in again] == ["    def m(self):\n        return 22\n\n"]


def test_cells_start_segments_whatever_stands_before_them() -> None:
    cells = ["x = (1,\n", "y = 2\n", "class A:\n    def f(self): pass\n", "    z\n"]
    starts = [sum(map(len, cells[:index])) for index in range(len(cells))]
    pieces = split("".join(cells), boundaries=starts)
    assert set(starts) <= set(pieces.starts)
    assert pieces.segments[-1].kind is Kind.STATEMENT


@pytest.mark.parametrize(
    "text",
    [
        "(" * 10_000,
        "x" * 100_000,
        "x = " + "+".join("a" * 5000),
        "-" * 20_000 + "1",
        "\ud800 = 1\n",
        "\0",
        "\ufeffx = 1\n",
    ],
    ids=["brackets", "long line", "long sum", "deep", "surrogate", "null", "bom"],
)
def test_odd_texts_are_split_and_parsed_quietly(text: str) -> None:
    for segment in split(text).segments:
        tree(segment)


def test_patterns_are_made_for_usual_indents_alone() -> None:
    texts = [f"class A:\n{indent}x = (1,\n 2)\n{indent} y\n" for indent in _odd_indents()]
    assert len(split("".join(texts)).segments) == len(texts)
    assert segments._simple_lines_below.cache_info().currsize <= 4


def _odd_indents() -> list[str]:
    return ["".join(signs) for size in (1, 2, 3, 4, 5) for signs in itertools.product(" \t", repeat=size)]
