"""Comments and trailing commas in JSON: found, and made spaces without moving anything."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_lsp.syntax.json_comments import extras, without_extras


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"a": 1}', []),
        ('{"a": "http://x#y", "b": "/* no */"}', []),
        ('{"a": 1, // one\n"b": 2}', ["// one"]),
        ('{"a": [1, 2,], # two\n}', [",", ",", "# two"]),
        ('/* a\nb */ {"a": 1,\n/* c */}', ["/* a\nb */", ",", "/* c */"]),
        (r'{"a": "quote \" // in it"}', []),
        ('{"a": 1} /* never ends', ["/* never ends"]),
    ],
)
def test_what_json_does_not_have(text: str, found: list[str]) -> None:
    assert [text[start:end] for start, end in extras(text)] == found
    plain = without_extras(text)
    assert len(plain) == len(text)
    json.loads(plain)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    )
)
def test_plain_json_stays_as_it_is(value: object) -> None:
    text = json.dumps(value)
    assert without_extras(text) == text


@given(st.text(alphabet='{}[]",:/*#\\\n a1'))
def test_any_text_keeps_its_length_and_lines(text: str) -> None:
    plain = without_extras(text)
    assert len(plain) == len(text)
    assert [at for at, char in enumerate(plain) if char in "\r\n"] == [
        at for at, char in enumerate(text) if char in "\r\n"
    ]
