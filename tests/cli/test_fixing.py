"""The fix loop: rounds, conflicts, safety, and never a text that stops parsing."""

import ast
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_lsp.finding import Finding, Fix, Rewrite, Severity, Tier
from ml_lsp.fixing import MOST_ROUNDS, difference, fix_all, with_text
from ml_lsp.review import Document
from ml_lsp.text import Edit, OverlappingEdits, Span, apply, in_one


def finding(span, edits, safe=True, rule="demo/rule"):
    return Finding(
        rule, Severity.WARNING, Tier.DEFAULT, Span(*span), "said", Fix("do it", tuple(edits), safe)
    )


def replacer(pattern, new, safe=True):
    """A review that reports every match of a pattern and replaces it."""

    def review(document):
        return [
            finding(match.span(), [Edit(Span(*match.span()), new)], safe)
            for match in re.finditer(pattern, document.text)
        ]

    return review


def python(text):
    return Document(Path("a.py"), text)


def test_all_matches_are_fixed():
    done = fix_all(python("a = old()\nb = old()\n"), replacer(r"old\(\)", "new()"))
    assert done.text == "a = new()\nb = new()\n"
    assert len(done.applied) == 2
    assert done.remaining == done.refused == ()


def test_unsafe_fixes_only_on_request():
    review = replacer("old", "new", safe=False)
    kept = fix_all(python("x = old\n"), review)
    assert kept.text == "x = old\n"
    assert len(kept.remaining) == 1
    assert fix_all(python("x = old\n"), review, unsafe=True).text == "x = new\n"


def test_a_fix_may_make_another_one_due():
    def review(document):
        return [*replacer(r"\baa\b", "bb")(document), *replacer(r"\bbb\b", "cc")(document)]

    assert fix_all(python("aa\n"), review).text == "cc\n"


def test_the_same_import_is_added_once():
    def review(document):
        found = []
        for match in re.finditer(r"old\(\)", document.text):
            edits = [Edit(Span(*match.span()), "np.new()")]
            if "import numpy" not in document.text:
                edits.append(Edit(Span(0, 0), "import numpy as np\n"))
            found.append(finding(match.span(), edits))
        return found

    done = fix_all(python("a = old()\nb = old()\nc = old()\n"), review)
    assert done.text == "import numpy as np\na = np.new()\nb = np.new()\nc = np.new()\n"


def test_a_fix_that_breaks_the_text_is_refused_and_the_others_made():
    def review(document):
        return [*replacer("bad", "(((")(document), *replacer("good", "better")(document)]

    done = fix_all(python("x = bad\ny = good\n"), review)
    assert done.text == "x = bad\ny = better\n"
    assert [item.span for item in done.refused] == [Span(4, 7)]


def test_text_that_did_not_parse_is_fixed_all_the_same():
    assert fix_all(python("x = (old\n"), replacer("old", "new")).text == "x = (new\n"


@pytest.mark.parametrize(
    ("language", "before", "wrong"), [("yaml", "a: old\n", "{"), ("json", '{"a": "old"}', '"')]
)
def test_yaml_and_json_stay_readable(language, before, wrong):
    document = Document(Path("c"), before, language)
    done = fix_all(document, replacer("old", wrong))
    assert done.text == before
    assert len(done.refused) == 1


def test_fixes_that_undo_each_other_end():
    def review(document):
        return [*replacer("ping", "pong")(document), *replacer("pong", "ping")(document)]

    done = fix_all(python("ping\n"), review)
    assert len(done.applied) <= MOST_ROUNDS


def test_a_fix_that_grows_for_ever_ends():
    done = fix_all(python("x\n"), replacer(r"x\Z|x(?=\n)", "xx"))
    assert len(done.applied) == MOST_ROUNDS


def test_a_fix_that_changes_nothing_ends():
    done = fix_all(python("same\n"), replacer("same", "same"))
    assert done.applied == ()
    assert len(done.remaining) == 1


def test_cells_move_with_the_edits():
    document = Document(Path("n.ipynb"), "one\ntwo\nthree\n", cells=(0, 4, 8))
    edits = [Edit(Span(0, 3), "1"), Edit(Span(8, 8), "new\n"), Edit(Span(7, 7), "!")]
    moved = with_text(document, apply(document.text, edits), edits)
    assert [moved.text[at:].split("\n")[0] for at in moved.cells] == ["1", "two!", "new"]


@given(
    st.lists(st.tuples(st.integers(0, 40), st.integers(0, 6), st.sampled_from(["", "(", "a", "1 +", "\n"])))
)
def test_a_text_that_parses_goes_on_parsing(edits):
    text = "value = call(a, b)\nif value:\n    other = [1, 2]\n"

    def review(document):
        size = len(document.text)
        return [
            finding(
                (min(at, size), min(at + length, size)),
                [Edit(Span(min(at, size), min(at + length, size)), new)],
            )
            for at, length, new in edits
        ]

    ast.parse(fix_all(python(text), review).text)


def test_structural_changes_are_worked_out():
    def review(document):
        at = document.text.index("x = model()")
        if "no_grad" in document.text:
            return []
        fix = Fix("wrap", (), True, (Rewrite("wrap_in_with", Span(at, at + 11), "torch.no_grad()"),))
        return [Finding("demo/rule", Severity.WARNING, Tier.DEFAULT, Span(at, at + 1), "said", fix)]

    done = fix_all(python("import torch\n\n\ndef f():\n    x = model()\n"), review)
    assert done.text == "import torch\n\n\ndef f():\n    with torch.no_grad():\n        x = model()\n"


def test_a_structural_change_without_its_place_is_left_alone():
    def review(document):
        fix = Fix("decorate", (), True, (Rewrite("decorate", Span(0, 1), "f"),))
        return [Finding("demo/rule", Severity.WARNING, Tier.DEFAULT, Span(0, 1), "said", fix)]

    done = fix_all(python("x = 1\n"), review)
    assert (done.text, len(done.remaining)) == ("x = 1\n", 1)


@given(st.text("ab\r\n\u2028😀", max_size=40), st.text("ab\r\n\u2028😀", max_size=40))
def test_the_difference_of_two_texts_makes_one_of_the_other(old, new):
    assert apply(old, difference(old, new)) == new


EDITS = st.lists(
    st.builds(
        lambda at, size, new: Edit(Span(at, at + size), new),
        st.integers(0, 9),
        st.integers(0, 3),
        st.text("xy", max_size=3),
    ),
    max_size=4,
)


@given(EDITS, EDITS)
def test_two_changes_in_one_do_what_they_do_one_after_the_other(first, second):
    text = "0123456789ABCDEFG"
    try:
        between = apply(text, first)
        second = [edit for edit in second if edit.span.end <= len(between)]
        after = apply(between, second)
    except OverlappingEdits:
        return
    assert apply(text, in_one(first, second)) == after


def test_the_edits_of_a_fix_in_rounds_are_those_of_the_text_before():
    done = fix_all(
        python("aa\nb\n"), lambda document: [*replacer("aa", "bb")(document), *replacer("bb", "c")(document)]
    )
    assert (done.text, done.edits) == ("c\nb\n", (Edit(Span(0, 2), "c"),))


def test_a_cell_that_does_not_parse_does_not_leave_the_others_without_protection():
    document = Document(Path("n.ipynb"), "def (:\nx = bad\ny = good\n", cells=(0, 7, 15))

    def review(document):
        return [*replacer("bad", "(((")(document), *replacer("good", "better")(document)]

    done = fix_all(document, review)
    assert done.text == "def (:\nx = bad\ny = better\n"
    assert len(done.refused) == 1
