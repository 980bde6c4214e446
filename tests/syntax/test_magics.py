"""IPython's pieces are found where IPython finds them, and blanked without moving anything."""

from __future__ import annotations

import ast
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_lsp.syntax.magics import blank, blank_magics, cell_magics


def python(source: str) -> str:
    """The cell as Python sees it."""
    return blank(source, cell_magics(source))


def names(source: str) -> list[str]:
    return [magic.name for magic in cell_magics(source)]


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("%matplotlib inline", "%matplotlib"),
        ("!pip install 'x y", "!pip"),
        ("! pip install x", "!pip"),
        ("!{sys.executable} -m pip", "!"),
        ("!!ls", "!!ls"),
        ("?print", "?"),
        ("??print", "?"),
        ("model.fit?", "?"),
        ("print(1)??  ", "?"),
        (",f a b", ","),
        (";f a b", ";"),
        ("/f", "/"),
        ("%time model.fit(x)", "%time"),
        ("%timeit -n 3 x = f()", "%timeit"),
        ("%%bash\necho 'it\n  done", "%%bash"),
        ("# a comment\n\n%%writefile x.py\nx = (", "%%writefile"),
        ("%%html", "%%html"),
        ("!ls \\\n  -l \\\r\n -a", "!ls"),
    ],
)
def test_what_is_not_python_is_blanked(source: str, name: str) -> None:
    assert names(source) == [name]
    assert re.sub(r"#.*", "", python(source)).strip() == ""
    same_shape(source, python(source))


@pytest.mark.parametrize(
    "source",
    [
        "x = '''\n!no\n%no\n'''\n",
        "y = (1\n% 2)\n",
        "y = [\n!x\n]",
        "y = 1 \\\n% 2\n",
        "# is it so?\n#!x\nx = 5 % 3\n",
        "f(a=1, b='%s' % a)\nprint('x = %d\\n' % 2)\n",
        "a != b\na[b] == c % d\n",
        "print('why?')  # why?\n",
        "x = 'it''s' \"?\"\n",
        'r"\\"; s = """a"\\""""\n',
    ],
)
def test_what_is_python_stays(source: str) -> None:
    assert cell_magics(source) == ()
    assert blank_magics(source) is source


def same_shape(before: str, after: str) -> None:
    lines = re.split(r"\r\n|\r|\n", before), re.split(r"\r\n|\r|\n", after)
    assert [len(line) for line in lines[0]] == [len(line) for line in lines[1]]


def test_an_indented_magic_leaves_a_valid_suite() -> None:
    source = "if x:\n    !pip install y\nelse:\n    !l\nfor a in b:\n\tx?\n"
    assert python(source) == "if x:\n    pass          \nelse:\n    0 \nfor a in b:\n\t0 \n"
    ast.parse(python(source))


def test_a_cell_of_magics_may_be_indented_as_a_whole() -> None:
    assert python("\n  !pip install x\n  %y\n").strip() == ""


def test_what_a_magic_gives_stays_assigned() -> None:
    source = "files = !ls -l\nn=%sql select \\\n  x\na.b = !\nif x:\n    y = %who\n"
    assert python(source) == "files = __    \nn=__           \n   \na.b = _\nif x:\n    y = __  \n"
    assert names(source) == ["!ls", "%sql", "!", "%who"]


def test_names_bound_under_time_stay_bound() -> None:
    source = "%time model = train(x)\nif x:\n    %time import torch\n%time x = (\n"
    assert python(source) == "pass; model = train(x)\nif x:\n    pass; import torch\n           \n"


@pytest.mark.parametrize("magic", ["%%time", "%%timeit -n 3", "%%capture out", "%%prun -l 5"])
def test_the_body_of_a_timing_cell_stays_python(magic: str) -> None:
    source = f"\n{magic}\nx = 1\n!ls\n"
    assert python(source) == f"\n{' ' * len(magic)}\nx = 1\n   \n"


def test_a_cell_magic_below_another_counts() -> None:
    assert python("%%time\n%%bash\nls\n").strip() == ""
    assert python("%%time\n%%capture\nx = 1\n").strip() == "x = 1"


def test_a_thousand_stacked_cell_magics() -> None:
    assert len(cell_magics("%%time\n" * 10_000)) == 10_000


def test_text_without_known_cells() -> None:
    source = "%load_ext x\nx = 1\n\n\n%%bash\nls (\n\n cd\n\n\ny = !ls\n# %% two\n%%html\n<b\n# %%\nz = 2\n"
    assert re.findall(r"\S.*", blank_magics(source)) == ["x = 1", "y = __ ", "# %% two", "# %%", "z = 2"]
    same_shape(source, blank_magics(source))


def test_a_timing_magic_hides_no_body_in_text_without_known_cells() -> None:
    assert blank_magics("x = 1\n%%time\ny = 2\n") == "x = 1\n      \ny = 2\n"


PIECES = [
    "%time ",
    "%x ",
    "%%bash",
    "%%time",
    "!",
    "?",
    "??",
    "\n",
    "\r\n",
    "\r",
    "    ",
    "if x:",
    "x = ",
    "(",
    ")",
    "'",
]
PIECES += ['"""', "#", "\\", "😀", "é", " ", "a", ",", ";", "/", "\f", "\u2028", "# %%\n", "\n\n\n"]
SOURCES = st.lists(st.sampled_from(PIECES), max_size=20).map("".join)


@given(SOURCES)
def test_nothing_ever_moves(source: str) -> None:
    same_shape(source, python(source))
    same_shape(source, blank_magics(source))


@given(SOURCES)
def test_magics_are_in_order_and_what_is_visible_is_unchanged(source: str) -> None:
    at = 0
    for magic in cell_magics(source):
        start, end = magic.span
        assert at <= start < end <= len(source)
        assert source[start:end] == magic.text
        assert python(source)[at:start] == source[at:start]
        at = end
    assert python(source)[at:] == source[at:]


@given(SOURCES)
def test_nothing_is_left_to_blank(source: str) -> None:
    assert cell_magics(python(source)) == ()


def test_python_files_hold_no_magics() -> None:
    """The standard library is Python: nothing in it may be taken for a magic."""
    for module in (ast, re, pytest):
        with open(module.__file__, encoding="utf-8") as file:  # noqa: PTH123
            text = file.read()
        assert blank_magics(text) == text
