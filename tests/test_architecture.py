"""The habits of this code as tests: which folder may import which, who may import what, how large things get."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "ml_lsp"
FILES = sorted(PACKAGE.rglob("*.py"))

# From the ground up: what stands in a row may import what stands in an earlier row, or in its own.
LAYERS = (
    ("text", "suggestion", "garbage"),
    ("finding", "patterns", "textfile", "store"),
    ("syntax",),
    ("semantics",),
    ("oracle",),
    ("catalogue", "page_cache", "page_form"),
    ("fixes", "rewriting", "renaming", "moving", "moved", "augmented", "signature_edits", "refitting"),
    ("checks",),
    ("match", "registry"),
    ("rulebook", "settings", "files", "comments", "ignores"),
    ("placement", "units", "doubt", "config_review", "review", "gists", "shelf", "workspace"),
    ("fixing", "page", "examples"),
    ("report", "opened", "kept", "batch", "explaining", "checking", "testing", "pages"),
    ("server", "cli", "pylsp_plugin", "__main__"),
)  # fmt: skip
LEVEL = {name: level for level, names in enumerate(LAYERS) for name in names}

# The same among the facts: Python's own stand beside the folders, and know nothing of what is in them.
FACTS = ("", "torch", "libraries", "config", "notebooks")

# Libraries that only one place may know.
KEPT = {
    "pygls": ("server",),
    "lsprotocol": ("server",),
    "jedi": ("oracle",),
    "pylsp": ("pylsp_plugin",),
    "parso": ("oracle",),
    "libcst": ("syntax", "rewriting"),
}


def part_of(path: Path) -> str:
    """The first part below `ml_lsp`: `semantics`, `review`."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(path: Path) -> Iterator[tuple[str, int]]:
    """The modules that a file imports, whatever the place, with their lines; type checking apart."""
    waiting: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [f"{node.module}.{alias.name}" for alias in node.names] if node.module == "ml_lsp" else []
            yield from ((name, node.lineno) for name in names or [node.module])
        waiting += ast.iter_child_nodes(node)


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down(path: Path) -> None:
    if path == PACKAGE / "__init__.py":
        return
    here = part_of(path)
    assert here in LEVEL, f"say in LAYERS where {here} stands"
    for name, line in imported(path):
        root, _, rest = name.partition(".")
        if root == "ml_lsp" and rest and rest != "__version__":
            there = rest.partition(".")[0]
            assert LEVEL[there] <= LEVEL[here], f"{path}:{line}: {here} may not import {there}"
        if root in KEPT:
            assert here in KEPT[root], f"{path}:{line}: {root} is for {KEPT[root]} only"


def folder_of(module: str) -> str:
    """The folder of facts that a module of `ml_lsp.semantics` stands in; empty for Python's own."""
    first = module.removeprefix("ml_lsp.semantics").lstrip(".").partition(".")[0]
    return first if first in FACTS else ""


@pytest.mark.parametrize("path", sorted((PACKAGE / "semantics").rglob("*.py")), ids=lambda path: path.stem)
def test_facts_point_down(path: Path) -> None:
    here = folder_of(".".join(path.relative_to(ROOT).with_suffix("").parts))
    for name, line in imported(path):
        if name.startswith("ml_lsp.semantics"):
            there = folder_of(name)
            assert FACTS.index(there) <= FACTS.index(here), f"{path}:{line}: {here} may not import {there}"


@pytest.mark.parametrize("path", sorted((PACKAGE / "checks").rglob("*.py")), ids=lambda path: path.stem)
def test_checks_are_pure(path: Path) -> None:
    """A check imports no other check, no module that reads files or tells the time, and keeps nothing."""
    for name, line in imported(path):
        assert not name.startswith("ml_lsp.checks"), f"{path}:{line}: a check may not import a check"
        assert name.partition(".")[0] not in {
            "os",
            "pathlib",
            "time",
            "io",
            "subprocess",
            "random",
            "lsprotocol",
        }
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not any(isinstance(node, ast.Global) for node in ast.walk(tree))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_modules_and_functions_are_small(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert text.count("\n") <= 400, f"{path.name} has {text.count(chr(10))} lines"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            assert node.end_lineno is not None
            lines = node.end_lineno - node.lineno + 1
            assert lines <= 40, f"{path.name}:{node.lineno}: {node.name} has {lines} lines"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_public_things_say_what_they_are(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert ast.get_docstring(tree), f"{path.name} has no docstring"
    for node in _public(tree):
        assert ast.get_docstring(node), f"{path.name}:{node.lineno}: {node.name} has no docstring"


def _public(tree: ast.Module) -> Iterator[ast.FunctionDef | ast.ClassDef | ast.AsyncFunctionDef]:
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.name[0] != "_":
            yield node
            if isinstance(node, ast.ClassDef):
                for inner in node.body:
                    if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef) and inner.name[0] != "_":
                        yield inner


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_names_say_something(path: Path) -> None:
    assert path.stem not in {"utils", "helpers", "base", "manager", "handler", "context", "common", "misc"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_no_group_is_repeated_possessively(path: Path) -> None:
    """`(?:...)*+` matches wrongly in Python 3.11.0 to 3.11.4 (gh-106052): write `(?>(?:...)*)`."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            assert not re.search(r"\)(?:[*+?]|\{[\d,]+\})\+", node.value), f"{path}:{node.lineno}"
