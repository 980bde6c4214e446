"""The examples of the shipped rule pages as test cases."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from ml_lsp.catalogue import Example, Rule, shipped_rules
from ml_lsp.finding import Finding
from ml_lsp.registry import is_paired
from ml_lsp.text import Source

RULES: tuple[Rule, ...] = tuple(rule for rule in shipped_rules() if is_paired(rule))
PAIRS = [(rule, example) for rule in RULES for example in rule.examples]
IDS = [f"{rule.id}: {example.name}" for rule, example in PAIRS]


def changed(example: Example, change: Callable[[str], str]) -> Example:
    """The example with its code, or the source of each of its cells, changed."""
    if not example.cells:
        return replace(example, code=change(example.code))
    return replace(example, cells=tuple(replace(cell, source=change(cell.source)) for cell in example.cells))


def reported(code: str, found: Sequence[Finding]) -> list[tuple[int, str]]:
    """Line and rule of each finding."""
    source = Source(code)
    return sorted((source.line_of(finding.span.start), finding.rule) for finding in found)
