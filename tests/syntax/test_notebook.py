"""Cells joined into one text: every place has one way there and back, no edit crosses cells."""

from __future__ import annotations

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_lsp.syntax.notebook import Cell, join
from ml_lsp.syntax.segments import split
from ml_lsp.syntax.trees import tree
from ml_lsp.text import Edit, Span, apply

CELLS = (
    Cell("# Title", kind="markdown", language="markdown"),
    Cell("%matplotlib inline\nx = 1"),
    Cell("print(", id="broken"),
    Cell("", id="empty"),
    Cell("ls", language="shellscript"),
    Cell("if x:\n    !pip install y\n"),
)


def test_python_cells_are_joined_in_order() -> None:
    joined = join(CELLS)
    assert joined.text == " " * 18 + "\nx = 1\nprint(\n\nif x:\n    pass          \n\n"
    assert joined.indexes == (1, 2, 3, 5)
    assert [joined.text[at:].split("\n")[0].strip() for at in joined.boundaries] == [
        "",
        "print(",
        "",
        "if x:",
    ]
    assert [magic.name for magic in joined.magics] == ["%matplotlib", "!pip"]
    assert all(magic.text == "%matplotlib inline" for magic in joined.magics if magic.span.start == 0)


@pytest.mark.parametrize(
    ("sources", "cell", "expected"),
    [
        (("%%time\nx = 1",), 0, "%%time\nNEW\nx = 1"),
        (("%%time\r\nx = 1",), 0, "%%time\r\nNEW\nx = 1"),
        (("# note\n\n  %%time\nx = 1",), 0, "# note\n\n  %%time\nNEW\nx = 1"),
        (("%%time\n%%prun -q\nx = 1",), 0, "%%time\n%%prun -q\nNEW\nx = 1"),
        (("%%bash\nls\n", "x = 1"), 1, "NEW\nx = 1"),
        (("%%time", "%%time\nx = 1"), 1, "%%time\nNEW\nx = 1"),
        (("%matplotlib inline\nx = 1",), 0, "NEW\n%matplotlib inline\nx = 1"),
    ],
)
def test_what_goes_to_the_top_goes_below_a_cell_magic(
    sources: tuple[str, ...], cell: int, expected: str
) -> None:
    by_cell = join([Cell(source) for source in sources]).edits_by_cell([Edit(Span(0, 0), "NEW\n")])
    assert by_cell is not None
    assert {index: apply(sources[index], edits) for index, edits in by_cell.items()} == {cell: expected}


def test_nothing_goes_into_a_notebook_of_other_programs() -> None:
    joined = join([Cell("%%bash\nls"), Cell("%%html\n<p>")])
    assert joined.edits_by_cell([Edit(Span(0, 0), "NEW\n")]) is None


def test_a_broken_cell_is_named_and_disturbs_no_other() -> None:
    joined = join(CELLS)
    assert joined.broken == {2}
    spans = [joined.cell_span(index) for index in joined.indexes if index not in joined.broken]
    assert [len(ast.parse(joined.text[start:end]).body) for start, end in spans] == [1, 0, 1]


def test_segments_start_afresh_with_each_cell() -> None:
    joined = join([Cell("def f(:\n    x = (\n"), Cell("class A:\n    def g(self): ...\n"), Cell("y = 1")])
    found = split(joined.text, boundaries=joined.boundaries)
    assert set(joined.boundaries) <= set(found.starts)
    broken = [segment.text for segment in found.segments if tree(segment) is None]
    assert broken and all(text in joined.text[: joined.boundaries[1]] for text in broken)


def test_a_cell_that_ends_in_a_backslash_is_broken_by_itself() -> None:
    assert join([Cell("x = 1 \\"), Cell("y = 2")]).broken == {0}


def test_places_without_a_cell() -> None:
    joined = join(CELLS[:1])
    assert (joined.text, joined.boundaries) == ("", ())
    with pytest.raises(LookupError):
        joined.cell_at(0)
    with pytest.raises(LookupError):
        joined.to_joined(0, 0)
    assert joined.edit_in_cell(Edit(Span(0, 0), "x")) is None
    with pytest.raises(LookupError):
        join(CELLS).cell_at(1000)


def test_a_range_ends_with_its_cell() -> None:
    joined = join([Cell("ab"), Cell("cd")])
    assert joined.span_in_cell(Span(1, 5)) == (0, Span(1, 2))
    assert joined.span_in_cell(Span(3, 4)) == (1, Span(0, 1))


@pytest.mark.parametrize(
    ("edit", "expected"),
    [
        (Edit(Span(0, 1), "z"), (0, Edit(Span(0, 1), "z"))),
        (Edit(Span(3, 3), "import x\n"), (1, Edit(Span(0, 0), "import x\n"))),
        (Edit(Span(0, 3), "z\n"), (0, Edit(Span(0, 2), "z"))),
        (Edit(Span(0, 3), ""), (0, Edit(Span(0, 2), ""))),
        (Edit(Span(1, 3), ""), None),
        (Edit(Span(0, 3), "z"), None),
        (Edit(Span(1, 4), ""), None),
        (Edit(Span(6, 6), "z\n"), (1, Edit(Span(2, 2), "\nz"))),
    ],
)
def test_edits_stay_in_their_cell(edit: Edit, expected: object) -> None:
    assert join([Cell("ab"), Cell("cd")]).edit_in_cell(edit) == expected


def test_an_edit_never_replaces_a_magic() -> None:
    joined = join([Cell("if x:\n    !ls -l")])
    assert joined.edit_in_cell(Edit(Span(0, len(joined.text)), "if y:\n    pass\n")) is None
    assert joined.edit_in_cell(Edit(Span(3, 4), "y")) == (0, Edit(Span(3, 4), "y"))
    assert joined.edit_in_cell(Edit(Span(6, 6), "    ")) is not None


def test_the_edits_of_one_change_are_taken_together_or_not_at_all() -> None:
    joined = join([Cell("ab"), Cell("cd")])
    first, second = Edit(Span(0, 0), "x"), Edit(Span(3, 4), "y")
    assert joined.edits_by_cell([first, second]) == {0: (first,), 1: (Edit(Span(0, 1), "y"),)}
    assert joined.edits_by_cell([first, Edit(Span(1, 4), "")]) is None


SOURCE = st.text("ab\n\r%! =?#'(😀", max_size=12)
NOTEBOOKS = st.lists(
    st.builds(Cell, SOURCE) | st.builds(Cell, SOURCE, st.just("markdown"), st.just("markdown")), max_size=6
)


@given(NOTEBOOKS)
def test_every_offset_goes_to_a_cell_and_back(cells) -> None:
    joined = join(cells)
    places = [(index, at) for index in joined.indexes for at in range(len(cells[index].source) + 1)]
    assert [joined.to_joined(*place) for place in places] == list(range(len(joined.text)))
    assert [joined.cell_at(at) for at in range(len(joined.text))] == places


@given(NOTEBOOKS)
def test_magics_lie_where_they_stand_in_their_cells(cells) -> None:
    joined = join(cells)
    for magic in joined.magics:
        index, (start, end) = joined.span_in_cell(magic.span)
        assert cells[index].source[start:end] == magic.text


@given(st.lists(st.text("ab\n😀", max_size=6), min_size=1, max_size=4), st.text("x\n", max_size=3), st.data())
def test_an_edit_made_in_its_cell_is_the_edit_of_the_joined_text(sources, new, draw) -> None:
    joined = join([Cell(source) for source in sources])
    start, end = sorted(draw.draw(st.tuples(*[st.integers(0, len(joined.text))] * 2)))
    mapped = joined.edit_in_cell(Edit(Span(start, end), new))
    if mapped is None:
        assert any(start < boundary <= end for boundary in (*joined.boundaries[1:], len(joined.text)))
        return
    index, edit = mapped
    sources[index] = apply(sources[index], [edit])
    after = join([Cell(source) for source in sources]).text
    expected = apply(joined.text, [Edit(Span(start, end), new)])
    # A line feed may be left or added at the end of a cell: the joint must stay.
    assert after.replace("\n", "") == expected.replace("\n", "")
    assert after == expected or start == len(joined.text) or not new
