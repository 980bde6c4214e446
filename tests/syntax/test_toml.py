"""TOML read with places: the same content as tomllib sees, every range exact."""

from __future__ import annotations

import math
import tomllib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_lsp.syntax.config_tree import ConfigError, Node
from ml_lsp.syntax.toml import MAX_DEPTH, parse_toml

SAMPLE = '''\
# the run
title = "a \\"quoted\\" # text"   # not a comment inside
path = 'C:\\'
lr = 1e-3
big = 1_000
started = 1979-05-27 07:32:00Z # after a space
day = 1979-05-27
at = 07:32:00
empty = ""
note = """
two ""quotes"" and = [signs] # no comment
"""
four = """x""""
raw = \'\'\'it''s \\ raw\'\'\'
"quoted key".sub = true
'single' = [1, 2, # a comment
  { x = 1, y.z = "deep" }, [],
]

[optimizer]
name = "adam"

[data.train]
size = 8

[[layers]]
width = 1

[[layers]]
width = 2
[layers.init]
std = 0.1

[data]
seed = 1
'''


def node(text: str, *path: str | int) -> Node:
    found = parse_toml(text).get(*path)
    assert found is not None, path
    return found


def content(root: Node) -> object:
    if root.kind == "scalar":
        return root.value
    if root.kind == "sequence":
        return [content(item) for item in root.items]
    return {entry.key.text: content(entry.value) for entry in root.entries}


def nodes(root: Node) -> Iterator[Node]:
    yield root
    for entry in root.entries:
        yield entry.key
        yield from nodes(entry.value)
    for item in root.items:
        yield from nodes(item)


def same(one: object, other: object) -> bool:
    if isinstance(one, float) and isinstance(other, float) and math.isnan(one):
        return math.isnan(other)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return type(one) is type(other) and one == other


def check_places(text: str) -> None:
    """Everything that tomllib reads is there, and every scalar, read alone where it stands, says the same."""
    root = parse_toml(text).root
    assert same(content(root), tomllib.loads(text.removeprefix("\ufeff")))
    for found in nodes(root):
        span, key = found.span, found.key_span
        assert 0 <= span.start <= span.end <= len(text)
        if found.kind == "scalar":
            assert text[span.start : span.end] == found.raw
        if found.kind == "scalar" and key is not None:
            alone = tomllib.loads(f"{text[key.start : key.end]} = {found.raw}")
            assert same([*alone.values()], [found.value])


def test_a_sample_of_everything() -> None:
    check_places(SAMPLE)
    check_places(SAMPLE.replace("\n", "\r\n"))
    check_places("\ufeff" + SAMPLE)


@pytest.mark.parametrize(
    ("path", "raw"),
    [
        (("lr",), "1e-3"),
        (("title",), '"a \\"quoted\\" # text"'),
        (("path",), "'C:\\'"),
        (("started",), "1979-05-27 07:32:00Z"),
        (("day",), "1979-05-27"),
        (("four",), '"""x""""'),
        (("quoted key", "sub"), "true"),
        (("single", 2, "y", "z"), '"deep"'),
        (("optimizer", "name"), '"adam"'),
        (("data", "train", "size"), "8"),
        (("data", "seed"), "1"),
        (("layers", 1, "width"), "2"),
        (("layers", 1, "init", "std"), "0.1"),
    ],
)
def test_a_value_stands_where_it_is_written(path: tuple[str | int, ...], raw: str) -> None:
    found = node(SAMPLE, *path)
    assert SAMPLE[found.span.start : found.span.end] == raw


def test_keys_and_tables_have_places() -> None:
    text = "[a.b]\nc.d = 1\ne = [2]\n"
    table = node(text, "a", "b")
    assert text[table.span.start : table.span.end] == "c.d = 1\ne = [2]"
    assert [text[entry.key.span.start : entry.key.span.end] for entry in table.entries] == ["c", "e"]
    assert text[node(text, "a", "b", "e").span.start :].startswith("[2]")
    assert node("[a]\n[b]\n", "a").span == (3, 3)


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("a = ", (0, 4)),
        ("a = 1\nb 2\n", (1, 2)),
        ("a = [1, 2\nb = 3", (1, 0)),
        ("a = {b = 1", (0, 10)),
        ("a = 1\na = 2\n", (1, 3)),
        ("a = 1\n[a.b]\n", (1, 5)),
        ("a = 1\n[[a]]\n", (1, 5)),
        ("a = 1\na.b = 1\n", (1, 5)),
        ("[a]\nx = 1\n[a]\n", (2, 2)),
        ("a = 01\n", (0, 5)),
        ('a = "x', (0, 4)),
        ('"\\q" = 1', (0, 4)),
        ("= 1", (0, 0)),
        ("[a]\nb = 1\n[b", (2, 2)),
        ("a = 1" + "0" * 5000, (0, 0)),
        (".".join("a" * 100) + " = 1", (0, 101)),
        ("a = " + "[" * 100_000, (0, 4 + MAX_DEPTH)),
        ("a = " + "{a=" * 100_000, (0, 4 + 3 * MAX_DEPTH)),
    ],
)
def test_what_is_no_toml_is_an_error_at_a_place(text: str, place: tuple[int, int]) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_toml(text)
    assert "(at " not in caught.value.message
    assert (caught.value.line, caught.value.column) == place


KEYS = st.from_regex(r"[a-c_0-1-]{1,2}|\"[ab\. #]{0,2}\"|'[a\"=]{0,2}'|\"\\\\u00e4\"", fullmatch=True)
SCALARS = st.one_of(
    st.integers(-99, 99).map(str),
    st.floats(allow_nan=False, allow_infinity=False).map(repr).filter(lambda text: "." in text),
    st.sampled_from(
        ["true", "inf", "-nan", "0xff", "1_0", "1e-3", "2024-02-28", "2024-02-28 10:00:00.5", "10:00:00"]
    ),
    st.from_regex(r'"[a#=\[\]{}, \']{0,4}"', fullmatch=True),
    st.from_regex(r"'[a#=\\\"]{0,4}'", fullmatch=True),
    st.from_regex(r'"""[a#\n\']{0,3}"{0,2}[a\n]{1,2}"{3,5}', fullmatch=True),
    st.from_regex(r"'''[a#\n\"\\]{0,3}'{0,2}[a\n]{1,2}'{3,5}", fullmatch=True),
    st.sampled_from(['"\\\\"', '"\\"#"', '"""\\""""', '"""a\\\n  b"""']),
)
GAPS = st.sampled_from(["", " ", "\n", " # [x]\n", "\r\n\t"])


def _lists(values: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    items = st.lists(st.tuples(GAPS, values, GAPS).map("".join), max_size=3)
    comma = st.sampled_from(["", ","])
    arrays = st.tuples(items, comma).map(
        lambda made: "[" + ",".join(made[0]) + (made[1] if made[0] else "") + "]"
    )
    pairs = st.lists(st.tuples(KEYS, values).map(" = ".join), max_size=2)
    return arrays | pairs.map(lambda made: "{ " + ", ".join(made) + " }")


VALUES = st.recursive(SCALARS, _lists, max_leaves=4)
DOTTED = st.lists(KEYS, min_size=1, max_size=3).map(" . ".join)
LINES = st.one_of(
    st.tuples(DOTTED, VALUES).map(" = ".join),
    DOTTED.map("[{}]".format),
    DOTTED.map("[[ {} ]]".format),
    st.just("# a = 1 [b]"),
    st.just(""),
)


def check_read_or_refused(text: str) -> None:
    """As tomllib reads or refuses it."""
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        with pytest.raises(ConfigError):
            parse_toml(text)
        return
    check_places(text)


@given(st.lists(LINES, max_size=6), st.sampled_from(["\n", "\r\n", "\n\n"]))
def test_what_tomllib_reads_is_read_with_places(lines: list[str], newline: str) -> None:
    check_read_or_refused(newline.join(lines))


@given(st.text(alphabet="ab=[]{}.,\"'\\#\n\r 1-:T", max_size=20))
def test_any_text_is_read_or_refused(text: str) -> None:
    check_read_or_refused(text)
