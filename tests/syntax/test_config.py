"""YAML and JSON read with places: the same content as PyYAML and json see, every range exact."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ml_lsp.syntax import config
from ml_lsp.syntax.config import parse_json, parse_yaml
from ml_lsp.syntax.config_tree import ConfigError, Document, Node

NUMBERS = """\
lr: 1e-3
warmup: 1.5e-3
flag: yes
mode: 0o10
old: 010
time: 1:30
day: 2024-02-30
date: 2024-02-28
none: ~
text: '1'
exact: !!float 1
big: .inf
"""


def only(text: str) -> Document:
    (document,) = parse_yaml(text)
    return document


def node(text: str, *path: str | int) -> Node:
    found = only(text).get(*path)
    assert found is not None
    return found


def nodes(root: Node) -> Iterator[Node]:
    """All nodes that stand in the text, keys included."""
    yield root
    if root.alias is None:
        for entry in root.entries:
            yield from nodes(entry.key)
            yield from nodes(entry.value)
        for item in root.items:
            yield from nodes(item)


def content(root: Node) -> object:
    if root.kind == "scalar":
        return root.text
    if root.alias:
        return f"*{root.alias}"
    return [(content(key), content(value)) for key, value in root.entries] or [
        content(item) for item in root.items
    ]


def composed(root: yaml.Node | None) -> object:
    """What PyYAML itself composes, brought to the form of `content`; aliases by identity."""
    return _composed(root, [])


def _composed(root, seen):
    if isinstance(root, yaml.ScalarNode):
        return root.value
    if any(root is one for one in seen):
        return "*"
    seen.append(root)
    if isinstance(root, yaml.MappingNode):
        return [(_composed(key, seen), _composed(value, seen)) for key, value in root.value]
    return [_composed(item, seen) for item in root.value]


def with_stars(value: object) -> object:
    if isinstance(value, str):
        return "*" if value.startswith("*") else value
    if isinstance(value, tuple):
        return tuple(with_stars(one) for one in value)
    return [with_stars(one) for one in value]


def check_places(document: Document) -> None:
    """Every scalar's range holds that scalar and no more; children lie in order inside their parents."""
    text = document.text
    for one in nodes(document.root):
        start, end = one.span
        assert one.whole.start <= start <= end <= len(text)
        if one.kind == "scalar":
            assert text[start:end] == one.raw
            assert one.alias or holds_exactly(one)
        at = start
        for child in (child for entry in one.entries for child in entry) if one.alias is None else ():
            assert at <= child.whole.start and child.span.end <= end
            at = child.span.end


def holds_exactly(scalar: Node) -> bool:
    """Whether the text in a scalar's range, read by itself, says what the scalar says."""
    if scalar.style in ("single", "double"):
        root = yaml.compose(f"k: {scalar.raw}", yaml.CSafeLoader)
        return root.value[0][1].value == scalar.text
    # A plain or block scalar may need what is around it (`a:` is a key of `a:: 1`): compare all but spaces.
    body = scalar.raw
    if scalar.style in ("literal", "folded"):
        header, body = re.match(r"([|>][-+0-9]*[^\r\n\x85\u2028\u2029]*)(.*)", body, re.DOTALL).groups()
        assert header
    return body.split() == scalar.text.split()


def test_a_key_and_its_value_have_exact_places_after_emoji_and_crlf() -> None:
    text = "# 🙂 é\r\nmodel:\r\n  😀: 'x' # why\r\n  lr: 1e-3\r\n"
    lr = node(text, "model", "lr")
    assert text[slice(*lr.span)] == "1e-3"
    assert text[slice(*lr.key_span)] == "lr"
    assert [text[slice(*comment.span)] for comment in only(text).comments] == ["# 🙂 é", "# why"]
    check_places(only(text))


def test_a_byte_order_mark_shifts_every_place() -> None:
    document = only("\ufeffa: [1, b] # c\n")
    assert document.text[slice(*document.get("a", 1).span)] == "b"
    assert document.text[slice(*document.comments[0].span)] == "# c"
    with pytest.raises(ConfigError) as caught:
        parse_yaml("\ufeffa: b: c")
    assert (caught.value.line, caught.value.column) == (0, 5)


def test_values_by_both_versions_of_yaml() -> None:
    root = only(NUMBERS).root
    old = {key.text: value.value for key, value in root.entries}
    new = {key.text: value.value_12 for key, value in root.entries}
    expected = yaml.safe_load(NUMBERS.replace("2024-02-30", "'2024-02-30'"))
    assert old == expected
    assert [type(value) for value in old.values()] == [type(value) for value in expected.values()]
    assert new == {
        **old,
        "lr": 0.001,
        "flag": "yes",
        "mode": 8,
        "old": 10,
        "time": "1:30",
        "date": "2024-02-28",
    }


@pytest.mark.parametrize(
    ("written", "value", "value_12"),
    [
        ("0x1F", 31, 31),
        ("-.INF", -math.inf, -math.inf),
        ("1_000", 1000, "1_000"),
        ("0b11", 3, "0b11"),
        ("+12", 12, 12),
        ("NULL", None, None),
        ("True", True, True),
        ("off", False, "off"),
        ("1e3", "1e3", 1000.0),
        ("1.", 1.0, 1.0),
        ("'no'", "no", "no"),
        ("!!int x", "x", "x"),
        ("!!bool 3", "3", "3"),
        ("!!int ''", "", ""),
        ("!env HOME", "HOME", "HOME"),
        ("! 12", 12, 12),
        ("!!python/object:os.system x", "x", "x"),
    ],
)
def test_value(written: str, value: object, value_12: object) -> None:
    found = node(f"k: {written}", "k")
    assert (found.value, found.value_12) == (value, value_12)
    assert type(found.value) is type(value)


def test_digits_without_end_stay_text() -> None:
    assert node(f"k: {'9' * 100_000}", "k").value == "9" * 100_000


def test_nothing_tagged_is_constructed() -> None:
    text = "run: !!python/object/apply:os.system ['exit 1']\n"
    run = node(text, "run")
    assert run.tag == "tag:yaml.org,2002:python/object/apply:os.system"
    assert text[slice(*run.tag_span)] == "!!python/object/apply:os.system"
    assert text[slice(*run.span)] == "['exit 1']"
    assert text[slice(*run.whole)] == "!!python/object/apply:os.system ['exit 1']"


def test_anchors_aliases_and_merges() -> None:
    text = "base: &base {lr: 1, n: 2}\nother: &other\n  n: 3\n  m: 4\n"
    text += "use:\n  <<: [*base, *other]\n  lr: 5\nagain: *base\n"
    document = only(text)
    use, again = document.get("use"), document.get("again")
    assert {key.text: value.value for key, value in use.all_entries()} == {"lr": 5, "n": 2, "m": 4}
    assert text[slice(*document.get("use", "m").span)] == "4"
    assert document.get("base").anchor == "base"
    assert (again.alias, again.anchor, text[slice(*again.span)]) == ("base", None, "*base")
    assert again.get("n").span == document.get("base", "n").span
    check_places(document)


def test_entries_below_are_found_by_names_that_are_spelt_alike() -> None:
    root = only("a: &a {Batch-Size: 1}\nb: *a\nc: [{batch_size: 2, lr: 3}]\n<<: *a\n").root
    found = {name: [entry.value.raw for entry in entries] for name, entries in root.entries_below.items()}
    assert found["batch_size"] == ["1", "2"]
    assert found["lr"] == ["3"]
    assert set(found) == {"a", "b", "c", "<<", "batch_size", "lr"}


def test_the_later_of_two_merge_keys_wins() -> None:
    text = "a: &a {x: 1}\nb: &b {x: 2}\nc:\n  <<: *a\n  <<: *b\n"
    assert node(text, "c", "x").value == 2
    assert node(text, "c").duplicates == ()


def test_an_alias_inside_its_own_anchor_has_no_content() -> None:
    inner = node("&a [1, *a]", 1)
    assert (inner.kind, inner.alias, inner.items) == ("sequence", "a", ())


def test_duplicate_keys_are_data() -> None:
    text = "a: 1\nyes: 1\nb: 2\n'a': 3\ntrue: 4\n"
    root = only(text).root
    assert [(old.value.text, new.value.text) for old, new in root.duplicates] == [("1", "3"), ("1", "4")]
    assert root.get("a").value == 3


def test_all_documents_with_their_comments() -> None:
    text = "# one\na: 1\n---\n# two\nb: 2 # three\n--- \n...\n# four\n"
    documents = parse_yaml(text)
    assert [[comment.text for comment in one.comments] for one in documents] == [
        ["# one"],
        ["# two", "# three"],
        [],
    ]
    assert [one.root.kind for one in documents] == ["mapping", "mapping", "scalar"]
    assert parse_yaml("# nothing\n") == ()


def test_comments_are_not_looked_for_inside_scalars() -> None:
    text = "%YAML 1.1\n--- # 1\na: 'x # no' # 2\nb: | # 3\n  # no\n # 4\n"
    text += "c: x#no\nd: !t y#no\ne: [a,# 5\n b]\n"
    assert [comment.text for comment in only(text).comments] == [f"# {number}" for number in (1, 2, 3, 4, 5)]


def test_empty_values_stand_after_their_colon() -> None:
    text = "a: # c\nb:   \nc: {d: , e}\nf:\n- \n- !!null\n"
    spans = {path: one.span for path, one in only(text).walk() if one.raw == "" and one.kind == "scalar"}
    assert spans == {
        ("a",): (2, 2),
        ("b",): (9, 9),
        ("c", "d"): (19, 19),
        ("c", "e"): (23, 23),
        ("f", 0): (29, 29),
        ("f", 1): (39, 39),
    }


@pytest.mark.parametrize(
    "text", [NUMBERS, "a: {b: , c}\nd: # e\n- f\n", "😀: |\r\n  x\r\n\r\ny: &z !t [w]\r\n"]
)
def test_places_are_the_same_without_libyaml(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fast = [(one.kind, one.span, one.whole, one.raw) for one in nodes(only(text).root)]
    monkeypatch.setattr(config, "_LOADER", yaml.SafeLoader)
    assert [(one.kind, one.span, one.whole, one.raw) for one in nodes(only(text).root)] == fast


def test_blocks_end_with_their_last_value() -> None:
    text = "a:\n  b: 1\n\n# c\nd:\n  - x\n  -   y  # e\n"
    assert text[slice(*node(text, "a").span)] == "b: 1"
    assert text[slice(*node(text, "d").span)] == "- x\n  -   y"


def test_walk_enters_no_alias() -> None:
    text = "a: &a [1, 2]\nb: *a\n"
    assert [path for path, _ in only(text).walk()] == [(), ("a",), ("a", 0), ("a", 1), ("b",)]


@pytest.mark.parametrize(
    ("text", "line", "column", "words"),
    [
        ("a: [1\nb: 2", 1, 1, "','"),
        ("a: *b", 0, 3, "no anchor"),
        ("a: &x 1\nb: &x 2", 1, 6, "already taken"),
        ("😀: 1\n\ta: 1", 1, 0, "tab"),
        ("é: \ud800", 0, 3, "no character"),
        ("a: \x00", 0, 3, "no character"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(text: str, line: int, column: int, words: str) -> None:
    with pytest.raises(ConfigError) as caught:
        parse_yaml(text)
    assert (caught.value.line, caught.value.column) == (line, column)
    assert words in caught.value.message


@pytest.mark.parametrize("opening", ["[", "{a: ", "- "])
@pytest.mark.parametrize("depth", [201, 10_000])
def test_deep_nesting_is_refused_not_fatal(opening: str, depth: int) -> None:
    with pytest.raises(ConfigError, match="nest"):
        parse_yaml(opening * depth)
    with pytest.raises(ConfigError, match="nest"):
        parse_json("[" * depth)


def test_a_billion_laughs_stay_few_nodes() -> None:
    lines = ["a0: &a0 {x: 1}"]
    lines += [
        f"a{n}: &a{n} {{<<: [{', '.join([f'*a{n - 1}'] * 9)}], y{n}: [*a{n - 1}, *a{n - 1}]}}"
        for n in range(1, 60)
    ]
    document = only("\n".join(lines))
    assert len(list(document.walk())) < 2000
    assert document.get("a59", "x").value == 1
    assert len(document.get("a59").all_entries()) == 60
    assert len(repr(document)) < 10_000


DATA = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | st.dates(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner, max_size=4),
    max_leaves=12,
)
DUMPS = st.fixed_dictionaries(
    {
        "default_flow_style": st.sampled_from([True, False, None]),
        "default_style": st.sampled_from([None, "'", '"', "|", ">"]),
        "allow_unicode": st.booleans(),
        "line_break": st.sampled_from(["\n", "\r\n", "\r"]),
        "width": st.sampled_from([10, 80]),
        "explicit_start": st.booleans(),
    }
)


@given(st.lists(DATA, min_size=1, max_size=3), DUMPS, st.sampled_from(["", "\ufeff"]))
def test_all_that_pyyaml_writes_is_read_with_exact_places(data, dump, mark) -> None:
    try:
        text = mark + yaml.safe_dump_all(data, **{**dump, "explicit_start": True})
        references = [composed(root) for root in yaml.compose_all(text)]
    except yaml.YAMLError:
        return
    documents = parse_yaml(text)
    assert [with_stars(content(one.root)) for one in documents] == [with_stars(one) for one in references]
    for document in documents:
        check_places(document)


PIECES = [
    "a",
    "b",
    "1",
    ": ",
    ":",
    "- ",
    "? ",
    "\n",
    "\n",
    "\r\n",
    "  ",
    " ",
    "# c",
    " # d\n",
    "&x ",
    "&y",
    "*x",
    "!t ",
]
PIECES += [
    "!!str ",
    "[",
    "]",
    "{",
    "}",
    ", ",
    "'",
    '"',
    "|\n",
    ">-\n",
    "|+\n",
    "😀",
    "é",
    "<<: ",
    "---\n",
    "...\n",
    "\t",
    "\\",
]


@given(st.lists(st.sampled_from(PIECES), max_size=25).map("".join))
def test_any_text_is_read_as_pyyaml_reads_it_or_refused(text: str) -> None:
    try:
        roots = list(yaml.compose_all(text, yaml.CSafeLoader))
    except yaml.YAMLError:
        with pytest.raises(ConfigError):
            parse_yaml(text)
        return
    documents = parse_yaml(text)
    assert len(documents) == len(roots)
    for document, root in zip(documents, roots, strict=True):
        if "*" not in text:
            assert content(document.root) == composed(root)
        check_places(document)


@given(DATA.filter(lambda data: "date(" not in repr(data)), st.sampled_from([None, 1, "\t"]), st.booleans())
def test_json_scalars_stand_where_they_are(data, indent, ascii_only) -> None:
    text = json.dumps(data, indent=indent, ensure_ascii=ascii_only)
    document = parse_json(text)
    for path, one in document.walk():
        expected = data
        for step in path:
            expected = expected[step]
        if one.kind == "scalar":
            assert json.loads(text[slice(*one.span)]) == one.value == expected
        else:
            assert json.loads(text[slice(*one.span)]) == expected


def test_json_keys_duplicates_and_paths() -> None:
    document = parse_json('\ufeff{"a": 1, "b": {"c": [true, NaN]}, "a": 2}')
    assert document.get("a").value == 2
    assert len(document.root.duplicates) == 1
    found = document.get("b", "c", 0)
    assert (found.value, found.value_12, document.text[slice(*found.span)]) == (True, True, "true")
    assert document.text[slice(*document.get("b", "c").key_span)] == '"c"'
