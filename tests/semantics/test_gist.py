"""What a text says of itself without being parsed, found fast and kept as text."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_lsp.semantics import gist
from ml_lsp.semantics.gist import Gist, config_names_in, from_json, gist_of, imported_names, to_json
from ml_lsp.semantics.words import holds_any

LINES = st.lists(
    st.sampled_from(
        [
            "import ", "from ", "a.b", ".", "..c", " import ", "important", "(", ")", ",", "*", "#", ";", ":", "\\",
            " ", "\t", "\n", "\r\n", "\f", "\ufeff", " as ", "d", "\n    ", "é",
        ]
    ),
    max_size=25,
).map("".join)  # fmt: skip
TEXTS = st.lists(
    st.sampled_from(["lr", "_", "1", "é", "日本", " ", ".", '"', "-", "\n", "x"]), max_size=12
).map("".join)


@given(LINES)
def test_imports_are_those_of_the_whole_text(text: str) -> None:
    assert list(gist._imports(text)) == gist._IMPORT.findall(text)


@given(TEXTS, st.lists(TEXTS, max_size=3))
def test_no_word_that_is_there_is_ruled_out(text: str, words: list[str]) -> None:
    if holds_any(text, words):
        assert gist_of(text).may_hold(tuple(words))


@pytest.mark.parametrize(
    ("words", "may"),
    [
        (("lr",), True),
        (("l",), False),
        (("wd", "rate"), True),
        (("train.yaml",), True),
        (("train.json",), False),
        (('"none"',), False),
        (("",), False),
        (("学習",), True),  # nothing in it can be looked up
    ],
)
def test_most_words_that_are_not_there_are_ruled_out(words: tuple[str, ...], may: bool) -> None:
    text = "lr = rate(open('train.yaml'))\n"
    assert gist_of(text).may_hold(words) is may
    assert not Gist().may_hold(("lr",))


@given(st.one_of(TEXTS, LINES, st.text()))
def test_kept_as_text_it_is_the_same(text: str) -> None:
    found = gist_of(text)
    assert from_json(to_json(found)) == found
    assert to_json(found).encode()  # signs are characters that can be written
    assert found.imports == imported_names(text)


@given(
    st.recursive(st.none() | st.integers() | st.text(max_size=3), lambda inner: st.lists(inner, max_size=4))
)
def test_what_is_no_gist_is_none(values: object) -> None:
    found = from_json(json.dumps(values))
    assert found is None or json.loads(to_json(found)) == [values[0], sorted(set(values[1])), values[2]]


@pytest.mark.parametrize(
    "text", ["", "[", "null", "[" * 100_000, '[["a"], [], 5]', '[["a", 1], [], ""]', "[1e999]"]
)
def test_what_is_not_even_a_value_is_none(text: str) -> None:
    assert from_json(text) is None


@pytest.mark.parametrize("name", ["conf/Train.YAML", "ds.json", "a.b-c.yml", "x.y.json"])
def test_config_names(name: str) -> None:
    assert config_names_in(f"open('{name}')") == {name.rpartition("/")[2]}
    assert config_names_in(f"open('{name}x')") == frozenset()
