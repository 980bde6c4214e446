"""Every example of every rule page, in every form in which it can reach the review. Names no rule."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from ml_lsp.catalogue import Example, Rule
from ml_lsp.comments import comments
from ml_lsp.examples import example_failures, expected, findings, reviewed_text
from ml_lsp.files import language_of
from ml_lsp.review import Memory
from tests.examples import IDS, PAIRS, RULES, changed, reported

examples = pytest.mark.parametrize(("rule", "example"), PAIRS, ids=IDS)


def wanted(code: str) -> list[tuple[int, str]]:
    return sorted((e.line, e.rule) for e in expected(code) if not e.todo)


@examples
def test_reports_and_fix_are_those_of_the_page(rule: Rule, example: Example) -> None:
    assert not list(example_failures(rule, example, RULES))


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
        assert reported(reviewed_text(form), findings(form, RULES)) == moved


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
        findings(changed(example, lambda text: _edited(text, rng)), RULES, memory)
    assert findings(example, RULES, memory) == findings(example, RULES)


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
    findings(Example(name, _imported_here_or_there(name)), RULES)
