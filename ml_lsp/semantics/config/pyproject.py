"""Which tables of pyproject.toml are a program's own: the file holds those of many tools, and code says which it reads."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.semantics.config_file import ConfigFile
from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.semantics.mentioning import scopes_of
from ml_lsp.semantics.statements import nodes
from ml_lsp.semantics.values import Attr, Const, Item, Result, Value
from ml_lsp.syntax.config_tree import Node

NAME = "pyproject.toml"
# Tables in which packaging tools find what a project is called and made of.
_OF_PACKAGING = frozenset({"poetry", "pdm", "flit", "hatch", "setuptools", "setuptools_scm", "uv"})


def settings_roots(inquiry: Inquiry, file: ConfigFile) -> list[Node]:
    """Where the settings of a file begin: its documents; of pyproject.toml, the tables that a module reads."""
    roots = [document.root for document in file.documents]
    if file.path.name != NAME:
        return roots
    found = [root.get("tool", name) for root in roots for name in own_tables(inquiry)]
    return [node for node in found if node is not None and node.kind == "mapping"]


def own_tables(inquiry: Inquiry) -> tuple[str, ...]:
    """The names `x` of the tables `tool.x` that a module reads: `data["tool"]["x"]`, `tool.get("x", {})`."""
    return inquiry.once(own_tables, lambda: tuple(sorted(set(_read(inquiry)) - _OF_PACKAGING)))


def _read(inquiry: Inquiry) -> Iterator[str]:
    if not inquiry.mentions("tool"):
        return
    for scope in scopes_of(inquiry, inquiry.pieces("everything")):
        for node in nodes(scope):
            if isinstance(node, ast.Subscript | ast.Call):
                match _keys(scope.value(node)):
                    case ["tool", name, *_]:
                        yield name


def _keys(value: Value) -> list[str]:
    """The keys by which a value is read, from the outermost on."""
    keys: list[str] = []
    while True:
        match value:
            case Item(owner, Const(str(key))) | Result(Attr(owner, "get"), (Const(str(key)), *_)):
                keys.insert(0, key)
                value = owner
            case _:
                return keys
