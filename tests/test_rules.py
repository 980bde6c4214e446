"""Every example of every rule page, in every form in which it can reach the review. Names no rule."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest

from ml_lsp.catalogue import Example, Rule
from ml_lsp.comments import comments
from ml_lsp.files import language_of
from ml_lsp.review import Memory
from ml_lsp.rewriting import worked_out
from ml_lsp.text import Source, apply
from tests.examples import (
    IDS,
    PAIRS,
    RULES,
    changed,
    expected,
    findings,
    parses,
    reported,
    reviewed_text,
)

examples = pytest.mark.parametrize(("rule", "example"), PAIRS, ids=IDS)


def wanted(code: str) -> list[tuple[int, str]]:
    return sorted((e.line, e.rule) for e in expected(code) if not e.todo)


@examples
def test_finds_what_is_expected_and_nothing_else(rule: Rule, example: Example) -> None:
    found, text = findings(example), reviewed_text(example)
    assert reported(text, found) == wanted(example.text)
    source = Source(text)
    texts = {(source.line_of(f.span.start), f.rule, text[f.span.start : f.span.end]) for f in found}
    stated = {(e.line, e.rule, e.text) for e in expected(example.text) if e.text is not None and not e.todo}
    assert stated <= texts


@examples
def test_known_misses_are_still_missed(rule: Rule, example: Example) -> None:
    todo = {(e.line, e.rule) for e in expected(example.text) if e.todo}
    assert not todo & set(reported(reviewed_text(example), findings(example)))


@examples
def test_fix_gives_the_text_shown(rule: Rule, example: Example) -> None:
    found, before = findings(example), reviewed_text(example)
    fixes = [f.fix for f in found if f.rule == rule.id and f.fix is not None]
    if not fixes:
        assert example.fixed is None, "the page shows a fix, but none is offered"
        return
    assert example.fixed is not None, "a fix is offered that the page does not show"
    edits = [edit for fix in fixes for edit in worked_out(before, fix).edits]
    text = apply(before, dict.fromkeys(edits))
    shown = replace(example, code=example.fixed, cells=())
    assert text == reviewed_text(shown)
    assert parses(text, example.file) or not parses(before, example.file)
    left = reported(text, [f for f in findings(shown) if f.rule == rule.id])
    unfixable = [f for f in found if f.rule == rule.id and f.fix is None]
    assert len(left) <= len(unfixable)


def _forms(example: Example) -> list[tuple[Example, int]]:
    """The example in other layouts, and by how many lines its text moves down."""
    forms = [
        (changed(example, lambda text: text.replace("\n", "\r\n")), 0),
        (changed(example, lambda text: text.rstrip("\n")), 0),
    ]
    if example.cells:
        return forms
    forms.append((changed(example, lambda text: "\ufeff" + text), 0))
    if _may_begin_with_a_comment(example):
        forms.append((changed(example, lambda text: "# 😀 é\n" + text), 1))
    if not example.code.startswith("from __future__"):
        forms.append((changed(example, lambda text: "\n" + text), 1))
    return forms


def _may_begin_with_a_comment(example: Example) -> bool:
    """JSON has no comments; in YAML one may be what a rule asks for where there is none."""
    language = language_of(Path(example.file))
    return language == "python" or (language == "yaml" and any(comments(example.code, language)))


@examples
def test_same_findings_whatever_the_layout(rule: Rule, example: Example) -> None:
    plain = wanted(example.text)
    for form, lines in _forms(example):
        moved = [(line + lines, rule_id) for line, rule_id in plain]
        assert reported(reviewed_text(form), findings(form)) == moved


def _edited(text: str, rng: random.Random) -> str:
    at = rng.randrange(len(text) + 1)
    end = min(len(text), at + rng.choice((0, 0, 1, 7, 60)))
    return text[:at] + rng.choice(("x", "\n", "(", '"""', "", "    ")) + text[end:]


@examples
def test_same_findings_when_typed(rule: Rule, example: Example) -> None:
    """Reaching a text by edits finds what reviewing it at once finds."""
    rng = random.Random(example.name)
    memory = Memory()
    for _ in range(6):
        findings(changed(example, lambda text: _edited(text, rng)), memory=memory)
    assert findings(example, memory=memory) == findings(example)


def _imported_here_or_there(name: str) -> str:
    """Calls of a function or class which a fallback may take from elsewhere."""
    module, _, last = name.rpartition(".")
    return (
        f"import torch, {module.partition('.')[0]}\n"
        f"try:\n    from {module} import {last}\n"
        f"except ImportError:\n    from elsewhere import {last}\n\n"
        f"def run(x):\n    {last}()\n    {last}(x, x, x)\n"
        f"    {last}([torch.zeros(3)] * 3, file=x, f=x, monitor='val_loss', mode='max')\n"
    )


@pytest.mark.parametrize(
    "name", sorted({n for rule in RULES for n in rule.calls if n.count(".") and n[0] != "."})
)
def test_no_check_fails_where_a_call_may_be_one_of_two(name: str) -> None:
    findings(Example(name, _imported_here_or_there(name)))
