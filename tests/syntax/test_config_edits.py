"""Edits to YAML and JSON: what they change is right, all else stays, comments included."""

from __future__ import annotations

import json

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from ml_lsp.syntax.config import parse_json, parse_yaml
from ml_lsp.syntax.config_edits import insert_key, remove_entry, scalar_edit
from ml_lsp.syntax.config_tree import Node
from ml_lsp.text import Source, apply

TEXT = """\
# training
optimizer:
  name: adam # the usual
  lr: 1e-3  # small

stages:
  - name: a
    n: 1
  - {name: b, n: 2}
"""


def at(text: str, *path: str | int) -> Node:
    document = parse_json(text) if text.startswith("{") and '"' in text else parse_yaml(text)[0]
    found = document.get(*path)
    assert found is not None
    return found


def inserted(text: str, path: tuple[str | int, ...], key: str, value: str) -> str:
    return apply(text, [insert_key(at(text, *path), key, value, Source(text))])


def removed(text: str, *path: str | int) -> str:
    mapping = at(text, *path[:-1])
    entry = mapping.entry(str(path[-1]))
    assert entry is not None
    return apply(text, [remove_entry(mapping, entry, Source(text))])


@pytest.mark.parametrize(
    ("text", "path", "new", "expected"),
    [
        (TEXT, ("optimizer", "lr"), "0.001", TEXT.replace("1e-3", "0.001")),
        ("a: !!float 1 # c\n", ("a",), "2", "a: !!float 2 # c\n"),
        ("a:\nb: 1\n", ("a",), "no", "a: no\nb: 1\n"),
        ("a: # c\n", ("a",), "no", "a: no # c\n"),
        ("- \n- b\n", (0,), "x", "- x \n- b\n"),
        ("{a, b}\n", ("a",), "1", "{a: 1, b}\n"),
        ("a: |\n  x\n  y\n\nb: 1\n", ("a",), "z", "a: z\n\nb: 1\n"),
        ("a: &x 1\nb: *x\n", ("b",), "2", "a: &x 1\nb: 2\n"),
        ("a: 'x\n  y' # c\n", ("a",), "z", "a: z # c\n"),
        ('{"a": [1, true]}', ("a", 1), "false", '{"a": [1, false]}'),
    ],
)
def test_scalar_edit(text, path, new, expected) -> None:
    assert apply(text, [scalar_edit(at(text, *path), new)]) == expected


@pytest.mark.parametrize(
    ("text", "path", "key", "value", "expected"),
    [
        (TEXT, ("optimizer",), "eps", "1.0e-8", TEXT.replace("# small\n", "# small\n  eps: 1.0e-8\n")),
        (TEXT, ("stages", 0), "m", "3", TEXT.replace("    n: 1\n", "    n: 1\n    m: 3\n")),
        (TEXT, ("stages", 1), "m", "3", TEXT.replace("n: 2}", "n: 2, m: 3}")),
        (TEXT, (), "seed", "0", TEXT + "seed: 0\n"),
        ("a: 1", (), "b", "2", "a: 1\nb: 2"),
        (
            "a: 1\r\nc:\r\n  d: 2\r\n",
            ("c",),
            "e",
            "\n  f: 3",
            "a: 1\r\nc:\r\n  d: 2\r\n  e: \r\n    f: 3\r\n",
        ),
        ("a: |\n  x\n", (), "b", "2", "a: |\n  x\nb: 2\n"),
        ("a: # c\n", (), "b", "2", "a: # c\nb: 2\n"),
        ("a: {}\n", ("a",), "on", "1", 'a: {"on": 1}\n'),
        ("a: {\n  b: 1  # c\n}\n", ("a",), "d", "2", "a: {\n  b: 1,  # c\n  d: 2\n}\n"),
        ("a: {\n  b: 1,  # c\n}\n", ("a",), "d", "2", "a: {\n  b: 1,  # c\n  d: 2,\n}\n"),
        ("[a: 1]\n", (0,), "b", "2", "[{a: 1, b: 2}]\n"),
        ('{"a": 1}', (), "é", "2", '{"a": 1, "é": 2}'),
        ('{\n    "a": {\n        "b": 1\n    }\n}\n', ("a",), "c", "2", None),
    ],
)
def test_insert_key(text, path, key, value, expected) -> None:
    if expected is None:
        expected = '{\n    "a": {\n        "b": 1,\n        "c": 2\n    }\n}\n'
    assert inserted(text, path, key, value) == expected


@pytest.mark.parametrize(
    ("text", "path", "expected"),
    [
        (TEXT, ("optimizer", "lr"), TEXT.replace("  lr: 1e-3  # small\n", "")),
        (TEXT, ("optimizer", "name"), TEXT.replace("  name: adam # the usual\n", "")),
        (TEXT, ("stages", 0, "name"), TEXT.replace("- name: a\n    n", "- n")),
        (TEXT, ("stages", 1, "name"), TEXT.replace("name: b, ", "")),
        (TEXT, ("stages", 1, "n"), TEXT.replace(", n: 2", "")),
        (TEXT, ("stages",), TEXT[: TEXT.index("stages")]),
        ("a: 1\nb: 2", ("b",), "a: 1"),
        ("a: 1\r\nb: 2", ("b",), "a: 1"),
        ("p:\n  a: 1 # c\n", ("p", "a"), "p:\n  {} # c\n"),
        ("a: |\n  x\n\nb: 1\n", ("a",), "b: 1\n"),
        ("&k a: !t x\nb: 1\n", ("a",), "b: 1\n"),
        ("a: !!null\nb: 1\n", ("a",), "b: 1\n"),
        ("{a: 1, }\n", ("a",), "{}\n"),
        ("[a: 1]\n", (0, "a"), "[{}]\n"),
        ("{\n  a: 1,  # a\n  # b\n  b: 2,\n}\n", ("a",), "{\n  # b\n  b: 2,\n}\n"),
        ("{\n  a: 1,  # a\n  b: 2\n}\n", ("b",), "{\n  a: 1  # a\n}\n"),
        ('{\n  "a": 1,\n  "b": 2\n}\n', ("b",), '{\n  "a": 1\n}\n'),
        ('{\n  "a": 1,\n  "b": 2\n}\n', ("a",), '{\n  "b": 2\n}\n'),
    ],
)
def test_remove_entry(text, path, expected) -> None:
    assert removed(text, *path) == expected


def test_the_earlier_of_two_equal_keys_can_be_removed() -> None:
    text = "a: 1\nb: 2\na: 3\n"
    root = at(text)
    ((earlier, _),) = root.duplicates
    assert apply(text, [remove_entry(root, earlier, Source(text))]) == "b: 2\na: 3\n"


def test_only_what_stands_in_a_mapping_can_be_changed_there() -> None:
    text = "a: &a {x: 1}\nb:\n  <<: *a\n  y: 2\nc: *a\n? d\n: 1\n"
    source, root = Source(text), at(text)
    with pytest.raises(ValueError, match="itself"):
        remove_entry(root.get("b"), root.get("b").entry("x"), source)
    with pytest.raises(ValueError, match="place of its own"):
        insert_key(root.get("c"), "z", "1", source)
    with pytest.raises(ValueError, match=r"\?"):
        remove_entry(root, root.entry("d"), source)


KEYS = st.text("abé😀 :#-1'\"{,", min_size=1, max_size=4)
SCALARS = st.integers() | st.booleans() | st.none() | st.text("ab #:\n'é😀", max_size=12)
DATA = st.recursive(
    st.dictionaries(KEYS, SCALARS, min_size=1, max_size=4),
    lambda inner: st.dictionaries(
        KEYS, inner | st.lists(inner, max_size=3) | SCALARS, min_size=1, max_size=3
    ),
    max_leaves=5,
)
STYLES = st.sampled_from([True, False, None])
ENDS = st.sampled_from(["\n", "\r\n"])


@given(DATA, STYLES, ENDS, st.sampled_from([8, 80]), st.data())
def test_any_yaml_mapping_takes_and_gives_up_a_key(data, flow, end, width, draw) -> None:
    text = yaml.safe_dump(data, default_flow_style=flow, line_break=end, width=width, allow_unicode=True)
    assume("? " not in text and yaml.safe_load(text) == data)  # PyYAML cannot always read what it wrote
    paths = [path for path, node in parse_yaml(text)[0].walk() if node.kind == "mapping" and node.entries]
    path = draw.draw(st.sampled_from(paths))
    key = draw.draw(KEYS)
    mapping = at_yaml(text, path)
    assume(mapping.entry(key) is None)
    longer = apply(text, [insert_key(mapping, key, "[new]", Source(text))])
    assert yaml.safe_load(longer) == changed(data, path, {key: ["new"]}, None)
    victim = draw.draw(st.sampled_from(mapping.entries))
    shorter = apply(text, [remove_entry(mapping, victim, Source(text))])
    assert yaml.safe_load(shorter) == changed(data, path, {}, victim.key.text)
    assert removed_again(longer, path, key) == yaml.safe_load(text)


@given(DATA, st.sampled_from([None, 2, "\t"]), st.data())
def test_any_json_object_takes_and_gives_up_a_key(data, indent, draw) -> None:
    text = json.dumps(data, indent=indent, ensure_ascii=False)
    objects = [path for path, node in parse_json(text).walk() if node.kind == "mapping"]
    path = draw.draw(st.sampled_from(objects))
    key = draw.draw(KEYS)
    mapping = parse_json(text).get(*path)
    assume(mapping.entry(key) is None)
    longer = apply(text, [insert_key(mapping, key, "[0]", Source(text))])
    assert json.loads(longer) == changed(data, path, {key: [0]}, None)
    victim = draw.draw(st.sampled_from(mapping.entries))
    shorter = apply(text, [remove_entry(mapping, victim, Source(text))])
    assert json.loads(shorter) == changed(data, path, {}, victim.key.text)


@given(DATA, STYLES, ENDS, st.data())
def test_any_yaml_scalar_can_be_replaced(data, flow, end, draw) -> None:
    text = yaml.safe_dump(data, default_flow_style=flow, line_break=end, allow_unicode=True)
    assume("? " not in text and yaml.safe_load(text) == data)
    scalars = [(path, node) for path, node in parse_yaml(text)[0].walk() if node.kind == "scalar"]
    assume(scalars)
    path, node = draw.draw(st.sampled_from(scalars))
    after = yaml.safe_load(apply(text, [scalar_edit(node, "'new one'")]))
    assert after == changed(data, path[:-1], {path[-1]: "new one"}, None)


def at_yaml(text, path):
    return parse_yaml(text)[0].get(*path)


def removed_again(text, path, key):
    mapping = at_yaml(text, path)
    return yaml.safe_load(apply(text, [remove_entry(mapping, mapping.entry(key), Source(text))]))


def changed(data, path, new, without):
    """`data` with the mapping at `path` changed."""
    if not path:
        return {key: value for key, value in {**data, **new}.items() if key != without}
    if isinstance(data, list):
        return [
            changed(value, path[1:], new, without) if at == path[0] else value
            for at, value in enumerate(data)
        ]
    return {**data, path[0]: changed(data[path[0]], path[1:], new, without)}
