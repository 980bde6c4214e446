"""The form of every rule page: what a reader and the other tests rely on. Names no rule."""

from __future__ import annotations

import ast
import re
import string
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ml_lsp.catalogue import Example, Rule, parse_rule, read_rules
from ml_lsp.examples import expected, findings
from ml_lsp.registry import is_paired, module_name
from ml_lsp.text import apply
from tests.examples import reported
from tests.reading import scopes

RULES_FOLDER = Path(__file__).parent.parent / "rules"
DOCS = Path(__file__).parent.parent / "docs"
RULES = tuple(read_rules(RULES_FOLDER))
BUILT_IN = {"ml-lsp/unused-ignore"}  # reported by ignores.py, which looks at all other findings
RULE_IDS = {rule.id for rule in RULES}
EXPECTATIONS = re.compile(
    r"(?:#|//) (?:todo-)?expect: (?P<id>[a-z0-9/-]+)(?: `(?P<text>.+?)`(?=\s*(?:#|//|$)))?"
)

pages = pytest.mark.parametrize("rule", RULES, ids=[rule.id for rule in RULES])


def texts_of(example: Example) -> Iterator[str]:
    """All Python texts of an example."""
    if example.file.endswith(".py"):
        yield from filter(None, (example.code, example.fixed))
    yield from (text for path, text in example.files.items() if path.endswith(".py"))


def expectation_lines(example: Example) -> list[str]:
    """The lines of an example's code that state an expectation."""
    return [line for line in example.text.splitlines() if "expect:" in line]


def expects(rule: Rule, example: Example) -> bool:
    """Whether the rule must report something in the example."""
    return any(f" expect: {rule.id}" in line for line in expectation_lines(example))


@pages
def test_page_has_what_looks_for_it(rule: Rule) -> None:
    assert is_paired(rule) or rule.id in BUILT_IN, f"neither `match` nor a module {module_name(rule.id)}"


@pages
def test_examples_parse(rule: Rule) -> None:
    for example in rule.examples:
        for text in texts_of(example):
            ast.parse(text)


@pages
def test_examples_have_names_of_their_own_and_code(rule: Rule) -> None:
    names = [example.name for example in rule.examples]
    assert len(names) == len(set(names))
    assert all(example.code or example.cells for example in rule.examples)


@pages
def test_expectations_name_rules_and_text_of_their_line(rule: Rule) -> None:
    for example in rule.examples:
        for line in expectation_lines(example):
            *_, mark = EXPECTATIONS.finditer(line)
            assert mark.end() == len(line), line
            for found in EXPECTATIONS.finditer(line):
                assert found["id"] in RULE_IDS, line
                assert found["text"] is None or found["text"] in line[: found.start()], line


@pages
def test_page_shows_a_report_and_a_near_miss(rule: Rule) -> None:
    assert any(expects(rule, example) for example in rule.examples)
    assert any(not expectation_lines(example) for example in rule.examples)


@pages
def test_page_shows_its_fix_and_only_a_fix_that_it_has(rule: Rule) -> None:
    fixed = [example for example in rule.examples if example.fixed is not None]
    assert bool(fixed) == (rule.fix is not None)
    for example in fixed:
        assert expects(rule, example), example.name
        assert example.fixed != example.code, example.name


@pages
def test_area_is_one_that_is_described(rule: Rule) -> None:
    (row,) = re.findall(r"^\| `area` .*$", (DOCS / "writing-rules.md").read_text(encoding="utf-8"), re.M)
    assert f"`{rule.area}`" in row


@pages
def test_references_are_secure_addresses(rule: Rule) -> None:
    assert all(re.fullmatch(r"https://[^\s/]+/\S*", address) for address in rule.references)


@pages
def test_message_is_short_and_takes_named_words(rule: Rule) -> None:
    assert len(rule.message) <= 160
    stated = [rule.message, *([rule.fix.title] if rule.fix else []), *rule.data.get("messages", {}).values()]
    for text in stated:
        fields = [name for _, name, _, _ in string.Formatter().parse(text) if name is not None]
        assert all(name.isidentifier() for name in fields), text


@pages
def test_names_that_are_looked_at_are_names(rule: Rule) -> None:
    for name in rule.calls:
        assert all(part.isidentifier() for part in name.removeprefix(".").split(".")), name
    for name in (*rule.words, *rule.libraries):
        assert name.isidentifier(), name


@pages
def test_page_speaks_of_code_alone(rule: Rule) -> None:
    """A page is for whoever wrote the reported line: nothing of how the page came about."""
    text = rule.path.read_text(encoding="utf-8")
    assert not re.search(r"/work/|/root/|\bcatalogue\b|\bpeers?:|\bthis session\b", text)


def test_documented_page_works_as_documented() -> None:
    text = (DOCS / "writing-rules.md").read_text(encoding="utf-8")
    block = re.search(r"```yaml\n(.*?)```", text, re.DOTALL)
    assert block
    rule = parse_rule(block[1], "torch/hub-without-weights-only", Path("page.yaml"))
    flagged, near_miss = rule.examples
    found = findings(flagged, [rule])
    assert reported(flagged.code, found) == [(e.line, e.rule) for e in expected(flagged.code)]
    assert apply(flagged.code, found[0].fix.edits) == flagged.fixed
    assert not findings(near_miss, [rule])


def test_documented_check_works_as_documented() -> None:
    text = (DOCS / "writing-rules.md").read_text(encoding="utf-8")
    block = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert block
    names: dict[str, Any] = {}
    exec(compile(block[1], "check.py", "exec"), names)
    rule = replace(RULES[0], id="torch/hub-from-branch", message="`{name}` may change.")
    code = "import torch\na = torch.hub.load('x/y:main', 'z')\nb = torch.hub.load('x/y:v1', 'z')\n"
    calls = [call for scope in scopes(code) for call in scope.calls]
    found = [finding for call in calls for finding in names["check"](call, rule)]
    assert [(f.message, code[f.span.start : f.span.end]) for f in found] == [
        ("`x/y:main` may change.", "torch.hub.load")
    ]
