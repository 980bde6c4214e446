"""Every line of every check runs in an example of its page: what no example shows, nobody has tried."""

from __future__ import annotations

import importlib
import inspect
import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest

from ml_lsp.catalogue import Rule
from ml_lsp.examples import findings
from ml_lsp.registry import module_name
from tests.examples import RULES

CHECKED = [rule for rule in RULES if rule.match is None]


@pytest.mark.parametrize("rule", CHECKED, ids=[rule.id for rule in CHECKED])
def test_every_line_runs_in_an_example(rule: Rule) -> None:
    file = importlib.import_module(module_name(rule.id)).__file__
    assert file is not None
    text = Path(file).read_text()
    ran = _lines_run(rule, file)
    lines = text.splitlines()
    missed = [f"{n}: {lines[n - 1].strip()}" for n in sorted({*_lines(compile(text, file, "exec"))} - ran)]
    assert not missed, f"no example of {rule.id} runs these lines of {Path(file).name}"


def _lines(code: CodeType) -> Iterator[int]:
    """The lines of the functions in a compiled file, without the lines that define them."""
    for const in code.co_consts:
        if isinstance(const, CodeType):
            yield from _lines(const)
    if code.co_flags & inspect.CO_OPTIMIZED:
        yield from (line for _, _, line in code.co_lines() if line and line != code.co_firstlineno)


def _lines_run(rule: Rule, file: str) -> set[int]:
    """The lines of a check's file that run when the examples of its page are reviewed."""
    ran: set[int] = set()

    def in_check(frame: FrameType, event: str, _: Any) -> Any:
        if event == "line":
            ran.add(frame.f_lineno)
        return in_check

    def anywhere(frame: FrameType, _: str, __: Any) -> Any:
        return in_check if frame.f_code.co_filename == file else None

    before = sys.gettrace()
    for example in rule.examples:
        sys.settrace(anywhere)
        try:
            findings(example, RULES)
        finally:
            sys.settrace(before)
    return ran
