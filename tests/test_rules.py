"""Every example of every rule page, in every form in which it can reach the review. Names no rule."""

from __future__ import annotations

import ast
import random

import pytest

from ml_lsp.catalogue import Example, Rule
from ml_lsp.review import Memory
from ml_lsp.rewriting import worked_out
from ml_lsp.text import Source, apply
from tests.examples import IDS, PAIRS, expected, findings, reported

examples = pytest.mark.parametrize(("rule", "example"), PAIRS, ids=IDS)


def wanted(code: str) -> list[tuple[int, str]]:
    return sorted((e.line, e.rule) for e in expected(code) if not e.todo)


@examples
def test_finds_what_is_expected_and_nothing_else(rule: Rule, example: Example) -> None:
    found = findings(example.code, example)
    assert reported(example.code, found) == wanted(example.code)
    source = Source(example.code)
    texts = {(source.line_of(f.span.start), f.rule, example.code[f.span.start : f.span.end]) for f in found}
    stated = {(e.line, e.rule, e.text) for e in expected(example.code) if e.text is not None and not e.todo}
    assert stated <= texts


@examples
def test_known_misses_are_still_missed(rule: Rule, example: Example) -> None:
    todo = {(e.line, e.rule) for e in expected(example.code) if e.todo}
    assert not todo & set(reported(example.code, findings(example.code, example)))


@examples
def test_fix_gives_the_text_shown(rule: Rule, example: Example) -> None:
    fixes = [f.fix for f in findings(example.code, example) if f.rule == rule.id and f.fix is not None]
    if not fixes:
        assert example.fixed is None, "the page shows a fix, but none is offered"
        return
    assert example.fixed is not None, "a fix is offered that the page does not show"
    edits = [edit for fix in fixes for edit in worked_out(example.code, fix).edits]
    text = apply(example.code, dict.fromkeys(edits))
    assert text == example.fixed
    ast.parse(text)
    left = reported(text, [f for f in findings(text, example) if f.rule == rule.id])
    unfixable = [f for f in findings(example.code, example) if f.rule == rule.id and f.fix is None]
    assert len(left) <= len(unfixable)


@examples
def test_same_findings_whatever_the_layout(rule: Rule, example: Example) -> None:
    plain = wanted(example.code)
    moved = [(line + 1, rule_id) for line, rule_id in plain]
    for text, want in (
        (example.code.replace("\n", "\r\n"), plain),
        (example.code.rstrip("\n"), plain),
        ("# 😀 é\n" + example.code, moved),
        ("\n" + example.code, moved),
    ):
        if example.code.startswith("from __future__") and text[0] != "f":
            continue
        assert reported(text, findings(text, example)) == want


@examples
def test_same_findings_when_typed(rule: Rule, example: Example) -> None:
    """Reaching a text by edits finds what reviewing it at once finds."""
    rng = random.Random(example.name)
    memory = Memory()
    text = example.code
    for _ in range(6):
        at = rng.randrange(len(text) + 1)
        end = min(len(text), at + rng.choice((0, 0, 1, 7, 60)))
        findings(
            text[:at] + rng.choice(("x", "\n", "(", '"""', "", "    ")) + text[end:], example, memory=memory
        )
    assert findings(text, example, memory=memory) == findings(text, example)
