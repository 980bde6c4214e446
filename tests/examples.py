"""The examples of the rule pages as test cases: which line must be reported by which rule."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import NamedTuple

from ml_lsp.catalogue import Example, Rule, shipped_rules
from ml_lsp.files import language_of
from ml_lsp.finding import Finding
from ml_lsp.registry import is_paired
from ml_lsp.review import Document, Memory, Surroundings, review_now
from ml_lsp.shelf import Shelf
from ml_lsp.syntax.notebook import join
from ml_lsp.text import Source

RULES: tuple[Rule, ...] = tuple(rule for rule in shipped_rules() if is_paired(rule))
PAIRS = [(rule, example) for rule in RULES for example in rule.examples]
IDS = [f"{rule.id}: {example.name}" for rule, example in PAIRS]

_EXPECT = re.compile(r"(?:#|//) (?P<todo>todo-)?expect: (?P<id>[\w/-]+)(?: `(?P<text>.*?)`(?=\s*(?:#|$|,)))?")
_IN_JSON = re.compile(r"[ \t]*// (?:todo-)?expect: [^\r\n]*")


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


def reviewed_text(example: Example) -> str:
    """The text of an example that is reviewed: JSON has no comments, so its expectations are taken out."""
    return _IN_JSON.sub("", example.code) if example.file.endswith(".json") else example.text


def changed(example: Example, change: Callable[[str], str]) -> Example:
    """The example with its code, or the source of each of its cells, changed."""
    if not example.cells:
        return replace(example, code=change(example.code))
    return replace(example, cells=tuple(replace(cell, source=change(cell.source)) for cell in example.cells))


def findings(
    example: Example, rules: Sequence[Rule] = RULES, memory: Memory | None = None
) -> tuple[Finding, ...]:
    """What the rules report in an example, in the project that its other files make."""
    folder, surroundings = _around(example)
    return review_now(_document(example, folder), rules, surroundings, memory)


def _document(example: Example, folder: Path) -> Document:
    path = folder / example.file
    if example.cells:
        joined = join(example.cells, example.metadata)
        return Document(path, joined.text, cells=joined.boundaries, notebook=joined)
    return Document(path, reviewed_text(example), language_of(path))


def _around(example: Example) -> tuple[Path, Surroundings]:
    """The folder that an example stands in, and what is known of it; a project where it has other files."""
    versions = dict(example.requires)
    if not example.files:
        return Path(), Surroundings(versions)
    folder = Path(_written(tuple(example.files.items())).name)
    own = folder / example.file
    own.parent.mkdir(parents=True, exist_ok=True)
    own.touch()
    shelf = Shelf({own: reviewed_text(example)})
    paths = [own, *(folder / name for name in example.files)]
    return folder, Surroundings(versions, shelf.project([folder], paths))


@cache
def _written(files: tuple[tuple[str, str], ...]) -> tempfile.TemporaryDirectory[str]:
    """A folder with these files, the same one each time; it goes when the tests end."""
    folder = tempfile.TemporaryDirectory(prefix="example-")
    for name, text in files:
        path = Path(folder.name) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return folder


def reported(code: str, found: Sequence[Finding]) -> list[tuple[int, str]]:
    """Line and rule of each finding."""
    source = Source(code)
    return sorted((source.line_of(finding.span.start), finding.rule) for finding in found)


def parses(text: str, file: str) -> bool:
    """Whether a text is what its file's name says: Python, YAML or JSON."""
    import ast

    import yaml

    try:
        match language_of(Path(file)):
            case "json":
                json.loads(text)
            case "yaml":
                list(yaml.parse(text, yaml.SafeLoader))
            case _:
                ast.parse(text)
    except (SyntaxError, ValueError, yaml.YAMLError):
        return False
    return True
