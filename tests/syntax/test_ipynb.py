"""Notebook files: every format is read, and new sources leave every other byte as it is."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_lsp.syntax.ipynb import NotebookError, read, replace_sources
from ml_lsp.syntax.json_places import elements, first_value, members
from ml_lsp.syntax.notebook import join
from ml_lsp.text import Edit, apply

JUPYTER = """\
{
 "cells": [
  {
   "cell_type": "markdown",
   "metadata": {},
   "source": [
    "# Title"
   ]
  },
  {
   "cell_type": "code",
   "execution_count": 3,
   "id": "a1",
   "metadata": {"tags": ["parameters"]},
   "outputs": [{"data": {"text/plain": ["\\u001b[0m {\\"source\\": []}", NaN]}}],
   "source": [
    "x = 1\\n",
    "y = \\"\\u00e9\\""
   ]
  },
  {
   "cell_type": "code",
   "execution_count": null,
   "metadata": {},
   "outputs": [],
   "source": []
  }
 ],
 "metadata": {"kernelspec": {"display_name": "Python 3", "name": "python3"}},
 "nbformat": 4,
 "nbformat_minor": 5
}
"""


def with_kernel(**metadata) -> str:
    cells = [{"cell_type": "code", "source": "x", "metadata": {}}]
    return json.dumps({"cells": cells, "metadata": metadata, "nbformat": 4})


def test_cells_with_what_is_known_of_them() -> None:
    notebook = read(JUPYTER)
    title, code, empty = notebook.cells
    assert (title.kind, title.language, title.source) == ("markdown", "markdown", "# Title")
    assert (code.source, code.id, code.tags, code.execution_count) == (
        'x = 1\ny = "é"',
        "a1",
        ("parameters",),
        3,
    )
    assert (empty.source, empty.execution_count, empty.is_python) == ("", None, True)
    assert (notebook.language, notebook.nbformat) == ("python", 4)
    assert join(notebook.cells).indexes == (1, 2)


@pytest.mark.parametrize(
    ("metadata", "language"),
    [
        ({}, "python"),
        ({"kernelspec": {"language": "R", "name": "ir"}}, "r"),
        ({"language_info": {"name": "python"}, "kernelspec": {"name": "my-env"}}, "python"),
        ({"kernelspec": {"name": "julia-1.9", "display_name": "Julia 1.9"}}, "julia-1.9"),
        ({"kernelspec": {"name": "conda-env-x-py"}}, "python"),
        ({"language_info": {"name": "ipython"}}, "python"),
        ({"language_info": "broken", "kernelspec": []}, "python"),
    ],
)
def test_kernel_language(metadata, language) -> None:
    notebook = read(with_kernel(**metadata))
    assert notebook.language == language
    assert join(notebook.cells).text == ("x\n" if language == "python" else "")


def test_a_cell_may_have_a_language_of_its_own() -> None:
    cell = {"cell_type": "code", "source": "ls", "metadata": {"vscode": {"languageId": "shellscript"}}}
    assert read(json.dumps({"cells": [cell], "nbformat": 4})).cells[0].language == "shellscript"


def test_nbformat_3_keeps_cells_in_worksheets_and_source_in_input() -> None:
    code = {"cell_type": "code", "input": ["a\n", "b"], "language": "python", "prompt_number": 2}
    heading = {"cell_type": "heading", "level": 1, "source": "T"}
    text = json.dumps({"worksheets": [{"cells": [heading]}, {}, {"cells": [code]}], "nbformat": 3}, indent=1)
    notebook = read(text)
    assert [cell.source for cell in notebook.cells] == ["T", "a\nb"]
    assert (notebook.nbformat, notebook.cells[1].execution_count) == (3, 2)
    assert replace_sources(text, {1: "a\nc"}) == text.replace('"b"', '"c"')


def test_only_the_changed_line_changes() -> None:
    changed = replace_sources(JUPYTER, {1: 'x = 2\ny = "é"'})
    assert changed == JUPYTER.replace("x = 1", "x = 2")


def test_lines_are_laid_out_as_the_others() -> None:
    changed = replace_sources(JUPYTER, {0: "# Title\nmore", 2: "z = 'é😀'\n!ls"})
    expected = JUPYTER.replace('"# Title"', '"# Title\\n",\n    "more"')
    lines = '[\n    "z = \'\\u00e9\\ud83d\\ude00\'\\n",\n    "!ls"\n   ]'
    assert changed == expected.replace('"source": []\n', f'"source": {lines}\n')


@pytest.mark.parametrize(
    ("source", "new", "expected"),
    [
        ('"a"', "b\nc", '"b\\nc"'),
        ('["a"]', "b\nc", '["b\\n", "c"]'),
        ('["a\\n","b"]', "b\nc", '["b\\n","c"]'),
        ("[]", "b", '["b"]'),
        ('["a"]', "", "[]"),
        ('["é"]', "à", '["à"]'),
        ('["\\u00e9"]', "à", '["\\u00e0"]'),
        ('["\\u001b"]', "à", '["à"]'),
        ('["é"]', "\ud800", '["\\ud800"]'),
        ('["a\\u002fb\\n", "c"]', "a/b\nd", '["a\\u002fb\\n", "d"]'),
        ('["a\\nb"]', "a\nb", '["a\\nb"]'),
    ],
)
def test_a_source_keeps_its_form(source, new, expected) -> None:
    text = '{"cells":[{"cell_type":"code", "source" : %s, "x": [1.50]}]}'
    assert replace_sources(text % source, {0: new}) == text % expected


@pytest.mark.parametrize(
    ("text", "line", "column"),
    [
        ('{\n "cells": [}', 1, 11),
        ('\ufeff{"cells": 1 2}', 0, 13),
        ("", 0, 0),
        ("[]", 0, 0),
        ('{"cells": {}}', 0, 0),
        ('{"cells": [1]}', 0, 0),
        ('{"cells": [{"cell_type": "code", "source": 3}]}', 0, 0),
        ("{}", 0, 0),
        ("[" * 100_000, 0, 0),
        ('{"cells": [], "x": %s}' % ("9" * 5000), 0, 0),
    ],
)
def test_what_is_no_notebook_is_said_with_its_place(text, line, column) -> None:
    with pytest.raises(NotebookError) as caught:
        read(text)
    assert (caught.value.line, caught.value.column) == (line, column)


@pytest.mark.parametrize(
    "text",
    ['{"cells": [1]}', '{"cells": [{}]}', "{}", '{"cells": [{"source": "a"]}', '{"cells": ' + "[" * 100_000],
    ids=["no object", "no source", "no cells", "not JSON", "too deep"],
)
def test_nothing_is_replaced_in_what_is_no_notebook(text) -> None:
    with pytest.raises(NotebookError):
        replace_sources(text, {0: "x"})
    with pytest.raises(LookupError):
        replace_sources(JUPYTER, {3: "x"})


TEXTS = st.text("ab\n\r\u2028\f\"\\é😀'", max_size=15)
JSON = st.recursive(
    st.none() | st.integers() | st.floats(allow_nan=False) | TEXTS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=6,
)
CELLS = st.fixed_dictionaries(
    {
        "cell_type": st.sampled_from(["code", "markdown", "raw"]),
        "metadata": st.dictionaries(st.sampled_from(["source", "input", "a"]), JSON, max_size=2),
        "source": TEXTS
        | TEXTS.map(lambda text: text.splitlines(keepends=True))
        | st.lists(TEXTS, max_size=3),
        "outputs": st.lists(JSON, max_size=2),
    }
)
ROOTS = st.fixed_dictionaries(
    {
        "cells": st.lists(CELLS, min_size=1, max_size=4),
        "metadata": st.just({}),
        "nbformat": st.just(4),
        "cells_": JSON,
    }
)


def without_sources(text: str, indexes: set[int]) -> str:
    """The notebook's text with the sources of some cells cut out."""
    cells = elements(text, members(text, first_value(text))["cells"].span.start)
    sources = [members(text, cell.span.start)["source"].span for cell in cells]
    return apply(text, [Edit(span, "") for index, span in enumerate(sources) if index in indexes])


@given(
    ROOTS,
    st.sampled_from([None, 1, "\t"]),
    st.booleans(),
    st.sampled_from(["", "\ufeff"]),
    st.sampled_from(["", "\n", "\r\n"]),
    st.data(),
)
def test_new_sources_are_read_back_and_nothing_else_changes(
    root, indent, ascii_only, mark, end, draw
) -> None:
    text = mark + json.dumps(root, indent=indent, ensure_ascii=ascii_only) + end
    sources = draw.draw(st.dictionaries(st.integers(0, len(root["cells"]) - 1), TEXTS, max_size=3))
    changed = replace_sources(text, sources)
    cells = read(changed).cells
    assert all(cells[index].source == source for index, source in sources.items())
    assert without_sources(changed, set(sources)) == without_sources(text, set(sources))
    for before, after in zip(root["cells"], json.loads(changed.removeprefix("\ufeff"))["cells"], strict=True):
        assert isinstance(before["source"], list) == isinstance(after["source"], list)
    assert replace_sources(text, {index: cell.source for index, cell in enumerate(read(text).cells)}) == text
