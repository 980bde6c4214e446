"""The JSON scanner reads what Python's json reads, and says where it stands or what is wrong."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_lsp.syntax.json_places import JsonError, elements, events, first_value, members


def rebuilt(text: str) -> object:
    """The value of a JSON text, put together from events alone."""
    opened: list[list[object]] = [[]]
    kinds = []
    for event in events(text):
        if event.kind == "value":
            opened[-1].append(event.data)
        elif event.kind == "end":
            done, kind = opened.pop(), kinds.pop()
            opened[-1].append(dict(zip(done[::2], done[1::2], strict=True)) if kind == "object" else done)
        else:
            opened.append([])
            kinds.append(event.kind)
    ((value,),) = opened
    return value


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


@given(JSON, st.sampled_from([None, 0, 2, "\t"]), st.booleans())
def test_events_say_what_json_loads_says(value, indent, ascii_only) -> None:
    text = json.dumps(value, indent=indent, ensure_ascii=ascii_only)
    assert rebuilt(text) == value
    assert all(json.loads(text[slice(*one.span)]) == one.data for one in events(text) if one.kind == "value")


@given(st.text('{}[]",:1a\\\n\t -.e0/tru\ufeff', max_size=12))
def test_any_text_is_read_as_json_reads_it_or_refused(text) -> None:
    try:
        value = json.loads(text.removeprefix("\ufeff"))
    except json.JSONDecodeError:
        with pytest.raises(JsonError):
            list(events(text))
    else:
        assert rebuilt(text) == value


def test_one_level_at_a_time() -> None:
    text = ' {"a": [1, {"b": []}], "a" : {"c": "é"}} '
    found = members(text, first_value(text))
    assert [(key, value.data, text[slice(*value.span)]) for key, value in found.items()] == [
        ("a", {"c": "é"}, '{"c": "é"}')
    ]
    array = "[1 , [2, 3] \n]"
    assert [(one.data, array[slice(*one.span)]) for one in elements(array, 0)] == [
        (1, "1"),
        ([2, 3], "[2, 3]"),
    ]
    assert elements("[]", 0) == ()


@pytest.mark.parametrize(
    ("text", "offset", "words"),
    [
        ('{"a": 1,}', 7, "comma after the last"),
        ("[1, 2 , ]", 6, "comma after the last"),
        ('{"a": 1, // c\n"b": 2}', 9, "comments"),
        ("# c\n{}", 0, "comments"),
        ('{"a": /* c */ 1}', 6, "comments"),
        ("{'a': 1}", 1, "double quotes"),
        ('{"a": True}', 6, "lower case"),
        ("{a: 1}", 1, "key in double quotes"),
        ('{"a" 1}', 5, "`:`"),
        ("[1 2]", 3, "`,` or `]`"),
        ("[1", 2, "ends too early"),
        ("", 0, "ends too early"),
        ("{} {}", 3, "end of the text"),
        ('["a\nb"]', 3, "control character"),
        ("[" + "1" * 5000 + "]", 1, "digits"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text, offset, words) -> None:
    with pytest.raises(JsonError) as caught:
        list(events(text))
    assert caught.value.offset == offset
    assert words in caught.value.message
