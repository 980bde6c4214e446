"""Ignore comments: what they silence, what they must not, and the edits that write and remove them."""

import ast
import textwrap
import tomllib
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ml_lsp.catalogue import FixText, Rule, shipped_rules
from ml_lsp.comments import comments
from ml_lsp.finding import Finding, Severity, Tier
from ml_lsp.ignores import UNUSED_IGNORE, ignore_edit, ignore_file_edit, silence
from ml_lsp.review import Document, Memory, review_now
from ml_lsp.syntax.segments import split
from ml_lsp.text import Span, apply


def rule(id):
    return Rule(
        id,
        Severity.HINT if id == UNUSED_IGNORE else Severity.WARNING,
        Tier.DEFAULT,
        "style",
        "title",
        "silences nothing: {names}" if id == UNUSED_IGNORE else "said",
        "why",
        fix=FixText("Remove", safe=True),
    )


RULES = [rule("torch/one"), rule("torch/two"), rule("yaml/three"), rule(UNUSED_IGNORE)]


def dedent(text):
    return textwrap.dedent(text).lstrip("\n")


def report(text, word="BAD", id="torch/one"):
    """A finding of a rule at every place of a word."""
    found, at = [], text.find(word)
    while at >= 0:
        found.append(Finding(id, Severity.WARNING, Tier.DEFAULT, Span(at, at + len(word)), "said"))
        at = text.find(word, at + 1)
    return found


def kept_lines(text, findings, language="python", rules=()):
    kept = silence(text, findings, rules, language).kept
    return [text.count("\n", 0, item.span.start) + 1 for item in kept]


@pytest.mark.parametrize(
    "comment",
    [
        "# ml-lsp: ignore[torch/one]",
        "#ml-lsp:ignore[torch/one]",
        "# ml-lsp: ignore[torch]",
        "# ml-lsp: ignore[yaml/three, torch/one]",
        "# ml-lsp: ignore[torch/one] -- the loader is trusted",
        "# ml-lsp: ignore",
        "# ml-lsp: ignore -- legacy",
        "# type: ignore  # ml-lsp: ignore[torch/one]",
        "# noqa: E501 # ml-lsp: ignore[torch/one] # pragma: no cover",
    ],
)
def test_a_comment_silences_its_line(comment):
    text = f"BAD()  {comment}\nBAD()\n"
    assert kept_lines(text, report(text)) == [2]


@pytest.mark.parametrize(
    "comment",
    [
        "# noqa",
        "# ml-lsp: ignore[torch/two]",
        "# ml-lsp: ignored[torch/one]",
        "# ml-lsp: ignore[]",
        "# see ml-lsp: ignore[torch/one]",
        "# ml-lsp: ignore-files[torch/one]",
    ],
)
def test_other_comments_do_not(comment):
    text = f"BAD()  {comment}\n"
    assert kept_lines(text, report(text)) == [1]


def test_a_hash_in_a_string_is_no_comment():
    text = dedent('''
        BAD("# ml-lsp: ignore")
        x = """
        # ml-lsp: ignore
        """, BAD
        y = '\\'# ml-lsp: ignore', BAD
    ''')
    assert kept_lines(text, report(text)) == [1, 4, 5]


def test_a_comment_alone_means_the_next_statement():
    text = dedent("""
        # ml-lsp: ignore[torch/one]

        # something else
        BAD(
            1,
            BAD,
        )
        BAD()
    """)
    assert kept_lines(text, report(text)) == [8]


def test_a_comment_alone_inside_brackets_means_the_next_line():
    text = "call(\n    # ml-lsp: ignore[torch/one]\n    BAD,\n    BAD,\n)\n"
    assert kept_lines(text, report(text)) == [4]


def test_a_text_that_does_not_parse():
    text = "def f(:\n    x = [BAD  # ml-lsp: ignore\n  BAD ]]] ''' open\n"
    assert kept_lines(text, report(text)) == [3]


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"])
def test_every_line_end(newline):
    text = newline.join(["\ufeff# é😀", "BAD  # ml-lsp: ignore", "# ml-lsp: ignore", "BAD", "BAD", ""])
    kept = silence(text, report(text)).kept
    assert [item.span.start for item in kept] == [text.rindex("BAD")]


def test_the_file_comment_works_above_the_first_statement_only():
    top = "#!/usr/bin/env python\n# about\n\n# ml-lsp: ignore-file[torch/one]\nBAD\nBAD\n"
    assert kept_lines(top, report(top)) == []
    late = "import torch\n# ml-lsp: ignore-file[torch/one]\nBAD\n"
    assert kept_lines(late, report(late)) == [3]
    unused = silence(late, report(late), RULES).kept
    assert [item.rule for item in unused] == [UNUSED_IGNORE, "torch/one"]
    assert "above the first statement" in unused[0].message


def test_silenced_findings_are_handed_back():
    text = "BAD  # ml-lsp: ignore\n"
    assert silence(text, report(text)).silenced == tuple(report(text))


def test_pieces_give_the_same_as_the_whole():
    text = "# ml-lsp: ignore-file[yaml/three]\nBAD  # ml-lsp: ignore\n# ml-lsp: ignore[torch]\nBAD\nBAD\n"
    segments = split(text).segments
    assert len(segments) > 2
    assert silence(text, report(text), RULES, segments=segments) == silence(text, report(text), RULES)


def unused(text, findings=None):
    kept = silence(text, report(text) if findings is None else findings, RULES).kept
    return [item for item in kept if item.rule == UNUSED_IGNORE]


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("x = 1  # ml-lsp: ignore[torch/one]\n", "x = 1\n"),
        ("x = 1  # ml-lsp: ignore -- once\ny\n", "x = 1\ny\n"),
        ("x = 1\n    # ml-lsp: ignore[torch/one, torch/two]\r\ny\n", "x = 1\ny\n"),
        ("x = 1  # noqa  # ml-lsp: ignore[torch/one]", "x = 1  # noqa"),
        ("x = 1  # ml-lsp: ignore[torch/one]  # noqa\n", "x = 1  # noqa\n"),
        ("BAD  # ml-lsp: ignore[torch/one, torch/two]\n", "BAD  # ml-lsp: ignore[torch/one]\n"),
        ("BAD  # ml-lsp: ignore[torch/two, torch/one] -- why\n", "BAD  # ml-lsp: ignore[torch/one] -- why\n"),
        ("BAD  # ml-lsp: ignore[other/rule]\n", "BAD  # ml-lsp: ignore[other/rule]\n"),
        ("BAD  # ml-lsp: ignore[torch/two, other/rule]\n", "BAD  # ml-lsp: ignore[other/rule]\n"),
        ("# ml-lsp: ignore-file[torch/two]\nBAD\n", "BAD\n"),
        ("BAD  # ml-lsp: ignore[torch]\n", "BAD  # ml-lsp: ignore[torch]\n"),
    ],
)
def test_an_ignore_that_silences_nothing_is_removed(text, after):
    for item in unused(text):
        assert item.severity is Severity.HINT
        assert item.fix.safe
        text = apply(text, item.fix.edits)
    assert text == after


def test_unused_is_silent_when_its_rule_does_not_run():
    text = "x  # ml-lsp: ignore[torch/one]\n"
    assert silence(text, [], RULES[:3]).kept == ()


def silenced_after(text, finding, edit, language="python"):
    """The findings of a text that still stand after an edit, which moves the places it should."""
    changed = apply(text, [edit])
    return changed, silence(changed, report(changed), language=language).kept


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("BAD\n", "BAD  # ml-lsp: ignore[torch/one]\n"),
        ("BAD", "BAD  # ml-lsp: ignore[torch/one]"),
        ("BAD   \r\n", "BAD  # ml-lsp: ignore[torch/one]\r\n"),
        ("BAD  # type: ignore\n", "BAD  # type: ignore  # ml-lsp: ignore[torch/one]\n"),
        ("BAD  # ml-lsp: ignore[torch/two] -- why\n", "BAD  # ml-lsp: ignore[torch/two, torch/one] -- why\n"),
        ("# ml-lsp: ignore[torch/two]\nBAD\n", "# ml-lsp: ignore[torch/two, torch/one]\nBAD\n"),
        ("BAD  # ml-lsp: ignore[]\n", "BAD  # ml-lsp: ignore[torch/one]\n"),
        (
            "if x:\n    y = 1 + \\\n        BAD + \\\n  2\n",
            "if x:\n    # ml-lsp: ignore[torch/one]\n    y = 1 + \\\n        BAD + \\\n  2\n",
        ),
        ('x = BAD("""\n  more""")\n', '# ml-lsp: ignore[torch/one]\nx = BAD("""\n  more""")\n'),
        ('x = (1,\r\n  BAD("""\n""") )\n', '# ml-lsp: ignore[torch/one]\r\nx = (1,\r\n  BAD("""\n""") )\n'),
        ("x = [\n    BAD,\n]\n", "x = [\n    BAD,  # ml-lsp: ignore[torch/one]\n]\n"),
    ],
)
def test_ignoring_on_the_line(text, after):
    edit = ignore_edit(text, report(text)[0])
    changed, kept = silenced_after(text, report(text)[0], edit)
    assert changed == after
    assert kept == ()


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("BAD\n", "# ml-lsp: ignore-file[torch/one]\nBAD\n"),
        ("\ufeffBAD\r\n", "\ufeff# ml-lsp: ignore-file[torch/one]\r\nBAD\r\n"),
        (
            "#!/bin/python\n# coding: utf-8\nBAD\n",
            "#!/bin/python\n# coding: utf-8\n# ml-lsp: ignore-file[torch/one]\nBAD\n",
        ),
        ("# ml-lsp: ignore-file[torch/two]\nBAD\n", "# ml-lsp: ignore-file[torch/two, torch/one]\nBAD\n"),
        ('"""BAD"""\n', '# ml-lsp: ignore-file[torch/one]\n"""BAD"""\n'),
    ],
)
def test_ignoring_in_the_file(text, after):
    changed, kept = silenced_after(text, report(text)[0], ignore_file_edit(text, report(text)[0]))
    assert changed == after
    assert kept == ()


def test_yaml_comments():
    text = dedent("""
        %YAML 1.2
        ---
        # ml-lsp: ignore-file[yaml/three]
        a: BAD  # ml-lsp: ignore[torch/one]
        b: 'BAD # ml-lsp: ignore[torch/one]'
        c: "it's # x"
        d: |  # ml-lsp: ignore
          BAD  # ml-lsp: ignore[torch/one]
          # ml-lsp: ignore[torch/one]
        e: BAD
        - f: >-
            # ml-lsp: ignore[torch/one]
          g: BAD
        h: it's BAD # ml-lsp: ignore
    """)
    assert kept_lines(text, report(text), "yaml") == [5, 8, 10, 13]


@pytest.mark.parametrize(
    "text",
    [
        "lr: BAD\n",
        "lr: BAD # mine\n",
        "lr: 'BAD\n  more'\n",
        "lr: BAD\n  and more\n",
        "a:\n  - b: BAD\n    c: 1\n",
        "a: |\n  first\n  BAD\n",
        "a: {b: BAD,\n    c: 2}\n",
    ],
)
def test_ignoring_in_yaml_changes_no_value(text):
    edit = ignore_edit(text, report(text)[0], "yaml")
    if edit is None:
        assert "|" in text  # a place inside a block scalar cannot be silenced
        return
    changed, kept = silenced_after(text, report(text)[0], edit, "yaml")
    assert yaml.safe_load(changed) == yaml.safe_load(text)
    assert kept == ()


def test_toml_comments():
    text = dedent("""
        # ml-lsp: ignore-file[yaml/three]
        a = BAD  # ml-lsp: ignore[torch/one]
        b = 'BAD \\' # ml-lsp: ignore[torch/one]
        c = "BAD # ml-lsp: ignore"
        d = \"\"\"
        BAD # ml-lsp: ignore
        \"\"\"
        # ml-lsp: ignore
        [BAD]
    """)
    assert kept_lines(text, report(text), "toml") == [4, 6]
    assert silence(text, report(text, id="yaml/three"), RULES, "toml").kept == ()


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('a = "b # c\nd = 1 # e\n', ["# e"]),
        ("a = 'b # c\nd = 1 # e\n", ["# e"]),
        ('a = """b # c\nd = 1 # e\n', []),
        ("a = '''b # c\nd = 1 # e\n", []),
        ('\\"""\n' * 200_000 + "# e\n", []),
        ('\\"' * 500_000 + "\n# e\n", ["# e"]),
    ],
    ids=["double", "single", "triple", "triple single", "lines without an end", "a line without an end"],
)
def test_a_string_in_toml_that_never_ends(text, found):
    """The long ones took hours as long as each quote was tried to the end of the text."""
    assert [text[comment.span.start : comment.span.end] for comment in comments(text, "toml")] == found


@pytest.mark.parametrize(
    "text", ["lr = BAD\n", "lr = 1 # BAD\n", "a = [\n  BAD,\n]\n", "a = '''\nBAD\n'''\n", "[BAD]\n"]
)
def test_ignoring_in_toml_changes_no_value(text):
    text = text.replace("BAD", "1979-05-27")
    edit = ignore_edit(text, report(text, "1979-05-27")[0], "toml")
    if edit is None:
        assert "'''" in text  # a place inside a string of several lines cannot be silenced
        return
    changed = apply(text, [edit])
    assert "# ml-lsp: ignore[torch/one]" in changed
    assert tomllib.loads(changed) == tomllib.loads(text)
    assert silence(changed, report(changed, "1979-05-27"), (), "toml").kept == ()


def test_json_has_no_comments():
    text = '{"a": "BAD", "b": "# ml-lsp: ignore"}'
    item = report(text)[0]
    assert silence(text, [item], RULES, "json").kept == (item,)
    assert ignore_edit(text, item, "json") is ignore_file_edit(text, item, "json") is None


def test_a_string_without_end_takes_no_time():
    text = "x = '''" + "a" * 50_000 + "# ml-lsp: ignore\\"
    assert silence(text, report(text)).kept == ()


PAGE = next(rule for rule in shipped_rules() if rule.id == UNUSED_IGNORE)


@pytest.mark.parametrize("example", PAGE.examples, ids=lambda example: example.name)
def test_the_examples_of_the_page(example):
    found = silence(example.code, [], shipped_rules()).kept
    assert bool(found) == ("# expect:" in example.code)
    edits = [edit for item in found for edit in item.fix.edits]
    assert apply(example.code, edits) == (example.fixed or example.code)


STATEMENTS = [
    "BAD",
    "BAD  # noqa",
    "x = (1,\n  BAD,  # é\n  BAD)",
    "x = BAD + \\\n  BAD + \\\n  1",
    "x = BAD, '''\n # ml-lsp: ignore\n''', BAD",
    "if x:\n    y = [BAD,\n\n  # ml-lsp: ignore[torch/two]\n BAD]",
    "# ml-lsp: ignore[torch/two]",
    "BAD  # ml-lsp: ignore[torch/two] -- why",
    "",
    "x = '# ml-lsp: ignore', BAD",
]


@given(st.lists(st.sampled_from(STATEMENTS), max_size=6), st.sampled_from(["\n", "\r\n"]))
def test_any_finding_can_be_silenced(statements, newline):
    text = "\n".join([*statements, ""]).replace("\n", newline)
    for item in report(text):
        edit = ignore_edit(text, item)
        changed = apply(text, [edit])
        at = item.span.start + (len(edit.new) if edit.span.end <= item.span.start else 0)
        moved = Finding(item.rule, item.severity, item.tier, Span(at, at + 3), "said")
        assert changed[at : at + 3] == "BAD"
        assert silence(changed, [moved]).kept == ()
        assert ast.dump(ast.parse(changed)) == ast.dump(ast.parse(text))


SOUP_PIECES = """
# ml-lsp: ignore;[;];torch/one;, ; -- ;#;";''';- ;a: ;  ;\\;x;BAD;# ml-lsp: ignore-file[torch];é
""".strip("\n").split(";")
SOUP = st.lists(
    st.sampled_from([*SOUP_PIECES, "\n", "\r", "\u2028", "\ufeff", "|\n", "---\n"]), max_size=25
).map("".join)


@given(SOUP, st.sampled_from(["python", "yaml", "json", "toml"]))
def test_any_text_can_be_looked_through(text, language):
    findings = report(text)
    kept, silenced = silence(text, findings, RULES, language)
    ours = [item for item in kept if item.rule != UNUSED_IGNORE]
    assert sorted([*ours, *silenced], key=lambda item: item.span) == findings


@given(SOUP, st.sampled_from(["python", "yaml", "toml"]))
def test_removing_what_is_unused_leaves_nothing_unused(text, language):
    for _ in range(20):
        unused_now = [i for i in silence(text, report(text), RULES, language).kept if i.rule == UNUSED_IGNORE]
        if not unused_now:
            return
        after = apply(text, unused_now[0].fix.edits)
        assert len(after) < len(text)
        text = after
    raise AssertionError("there is always one more")


def test_a_review_hands_over_pieces_that_can_be_looked_through_alone():
    method = "class A:\n    def f(self):\n        BAD  # ml-lsp: ignore\n\n    y = BAD\n"
    text = f'x = """\n# ml-lsp: ignore\n"""\n\n\n{method}'
    memory, path = Memory(), Path("a.py")
    review_now(Document(path, text), (), memory=memory)
    segments = memory.segments(path)
    assert len(segments) > 2
    assert "".join(segment.text for segment in segments) == text
    assert silence(text, report(text), RULES, segments=segments) == silence(text, report(text), RULES)
    memory.forget(path)
    assert memory.segments(path) == ()


@pytest.mark.parametrize(
    ("language", "line", "rest"),
    [
        ("python", "x = 1  # ml-lsp: ignore[torch/one]\n", "def f(:\n    pass\n"),
        ("python", "# ml-lsp: ignore-file[torch/one]\nx = 1\n", "y = [1,\n"),
        ("yaml", "x: 1  # ml-lsp: ignore[torch/one]\n", "y: [1,\n"),
        ("toml", "x = 1  # ml-lsp: ignore[torch/one]\n", "y = [1,\n"),
    ],
)
def test_nothing_is_called_unused_while_some_of_the_text_does_not_parse(language, line, rest):
    assert silence(line, [], RULES, language).kept
    assert not silence(line + rest, [], RULES, language).kept
    if language == "python":
        assert not silence(line + rest, [], RULES, segments=split(line + rest).segments).kept


def test_a_comment_at_the_end_of_a_cell_says_nothing_about_the_next():
    one = "x = 1\n# ml-lsp: ignore[torch/one]\n"
    text = one + "BAD\n"
    assert silence(text, report(text), RULES).kept == ()
    kept = silence(text, report(text), RULES, cells=(0, len(one))).kept
    assert [item.rule for item in kept] == [UNUSED_IGNORE, "torch/one"]
    assert silence(text, report(text), RULES, cells=(0, 6)).kept == ()
