"""The examples of the rule pages as test cases: which line of which example must be reported by which rule."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from ml_lsp.catalogue import Example, Rule, shipped_rules
from ml_lsp.finding import Finding
from ml_lsp.registry import is_paired
from ml_lsp.review import Document, Memory, Surroundings, review_now
from ml_lsp.shelf import Shelf
from ml_lsp.text import Source

RULES: tuple[Rule, ...] = tuple(rule for rule in shipped_rules() if is_paired(rule))
PAIRS = [(rule, example) for rule in RULES for example in rule.examples]
IDS = [f"{rule.id}: {example.name}" for rule, example in PAIRS]

_EXPECT = re.compile(r"# (?P<todo>todo-)?expect: (?P<id>[\w/-]+)(?: `(?P<text>.*?)`(?=\s*(?:#|$|,)))?")


class Expected(NamedTuple):
    """A line (0-based) that must be reported by a rule; `text`, if given, is exactly the reported range."""

    line: int
    rule: str
    text: str | None
    todo: bool


def expected(code: str) -> list[Expected]:
    """The expectations written as comments in a snippet."""
    found = []
    for number, line in enumerate(code.split("\n")):
        for match in _EXPECT.finditer(line):
            found.append(Expected(number, match["id"], match["text"], bool(match["todo"])))
    return found


def findings(
    code: str, example: Example, rules: Sequence[Rule] = RULES, memory: Memory | None = None
) -> tuple[Finding, ...]:
    """What the rules report in a snippet."""
    versions = dict(example.requires)
    if not example.files:
        return review_now(Document(Path(example.file), code), rules, Surroundings(versions), memory)
    folder = _folder_of(example)
    path = folder / example.file
    project = Shelf({path: code}).project([folder], [path, *(folder / name for name in example.files)])
    return review_now(Document(path, code), rules, Surroundings(versions, project), memory)


def _folder_of(example: Example) -> Path:
    """A folder with the other files of an example; it goes when the tests end."""
    if id(example) not in _FOLDERS:
        made = _FOLDERS[id(example)] = TemporaryDirectory(prefix="example-")
        for name, text in example.files.items():
            (Path(made.name) / name).write_text(text, encoding="utf-8")
        (Path(made.name) / example.file).touch()
    return Path(_FOLDERS[id(example)].name)


_FOLDERS: dict[int, TemporaryDirectory[str]] = {}


def reported(code: str, found: Sequence[Finding]) -> list[tuple[int, str]]:
    """Line and rule of each finding."""
    source = Source(code)
    return sorted((source.line_of(finding.span.start), finding.rule) for finding in found)
