"""What one segment says by itself, whatever stands around it: its words, imports, definitions."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast

from ml_lsp.semantics.names import Import, imports_of
from ml_lsp.syntax.segments import Kind, Segment
from ml_lsp.syntax.trees import children, tree


@dataclass(frozen=True)
class Facts:
    """What others may need of a segment without looking into it.

    `words`: all identifiers and attribute names, and short strings. `imports`: what its import statements
    bind for the whole module. `inner_imports`: what import statements inside functions and classes bind.
    `defines`: names it binds at its own level (module or class). `stores`: attributes it sets, of anything.
    """

    words: frozenset[str]
    imports: tuple[Import, ...]
    inner_imports: tuple[Import, ...]
    defines: frozenset[str]
    stores: frozenset[str]

    def may_store(self, name: str) -> bool:
        """Whether it sets an attribute of that name, or binds the name at its own level."""
        return name in self.stores or name in self.defines

    @property
    def outline(self) -> tuple[object, ...]:
        """The part on which the module's tables depend."""
        return self.imports, self.inner_imports, self.defines


_NOTHING = Facts(frozenset(), (), (), frozenset(), frozenset())
_SCOPES = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda


def facts(segment: Segment) -> Facts:
    """The facts of a segment; none if it does not parse."""
    memory = segment.memory
    if facts not in memory:
        memory[facts] = _collect(segment)
    return cast(Facts, memory[facts])


_CONFIG_SUFFIXES = (".y", ".json", ".toml", ".Y", ".JSON", ".TOML")


def names_files(segment: Segment) -> bool:
    """Whether a segment may hold the name of a config file."""
    memory = segment.memory
    if names_files not in memory:
        memory[names_files] = any(suffix in segment.text for suffix in _CONFIG_SUFFIXES)
    return cast(bool, memory[names_files])


def _collect(segment: Segment) -> Facts:
    parsed = tree(segment)
    if parsed is None:
        return _NOTHING
    words: set[str] = set()
    stores: set[str] = set()
    imports: list[ast.Import | ast.ImportFrom] = []
    waiting: list[ast.AST] = [*parsed.body]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Name):  # most nodes are of these three kinds
            words.add(node.id)
        elif isinstance(node, ast.Attribute):
            words.add(node.attr)
            if not isinstance(node.ctx, ast.Load):
                stores.add(node.attr)
            waiting.append(node.value)
        elif isinstance(node, ast.Call):
            waiting.append(node.func)
            waiting += node.args
            waiting += node.keywords
        else:
            kind = type(node)
            if kind in _WORDS:
                words.update(_WORDS[kind](node))
            if isinstance(node, ast.Import | ast.ImportFrom):
                imports.append(node)
            waiting += children(node)
    outer = _outside_functions(parsed.body) if imports and not segment.kind.in_class else frozenset()
    defines = frozenset(name for statement in parsed.body for name in bound_names(statement))
    return Facts(
        frozenset(words),
        tuple(item for node in imports if node in outer for item in imports_of(node)),
        tuple(item for node in imports if node not in outer for item in imports_of(node)),
        defines,
        frozenset(stores),
    )


def _outside_functions(body: tuple[ast.stmt, ...]) -> frozenset[ast.AST]:
    """The nodes of statements, without those inside functions and classes."""
    found: set[ast.AST] = set()
    waiting: list[ast.AST] = [*body]
    while waiting:
        node = waiting.pop()
        found.add(node)
        waiting += children(node) if not isinstance(node, _SCOPES) else ()
    return frozenset(found)


def _imported_words(node: ast.alias) -> tuple[str, ...]:
    return (*node.name.split("."), node.asname) if node.asname else tuple(node.name.split("."))


def _short_text(node: ast.Constant) -> tuple[str, ...]:
    return (node.value,) if isinstance(node.value, str) and len(node.value) < 40 else ()


_WORDS: dict[type[ast.AST], Callable[[Any], tuple[str, ...]]] = {
    ast.arg: lambda node: (node.arg,),
    ast.FunctionDef: lambda node: (node.name,),
    ast.AsyncFunctionDef: lambda node: (node.name,),
    ast.ClassDef: lambda node: (node.name,),
    ast.keyword: lambda node: (node.arg,) if node.arg else (),
    ast.alias: _imported_words,
    ast.ImportFrom: lambda node: tuple(node.module.split(".")) if node.module else (),
    ast.Constant: _short_text,
}
"""The words of a node itself, by its kind; every keystroke asks this of all nodes of a function."""


def _stored(node: ast.Name) -> tuple[str, ...]:
    return () if isinstance(node.ctx, ast.Load) else (node.id,)


def _named(node: ast.ExceptHandler | ast.MatchAs | ast.MatchStar) -> tuple[str, ...]:
    return (node.name,) if node.name else ()


def _defined(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> tuple[str, ...]:
    return (node.name,)


def _imported(node: ast.Import | ast.ImportFrom) -> tuple[str, ...]:
    return tuple(item.local.partition(".")[0] for item in imports_of(node))


_BINDERS: dict[type[ast.AST], Callable[[Any], tuple[str, ...]]] = {
    ast.Name: _stored,
    ast.FunctionDef: _defined,
    ast.AsyncFunctionDef: _defined,
    ast.ClassDef: _defined,
    ast.Import: _imported,
    ast.ImportFrom: _imported,
    ast.ExceptHandler: _named,
    ast.MatchAs: _named,
    ast.MatchStar: _named,
}
_CLOSED = frozenset({
    ast.Name, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda,
    ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp,
})  # fmt: skip
"""Nodes that bind nothing for the level around them but what they are called."""

_LOOPS = frozenset({ast.For, ast.AsyncFor, ast.While})


def bound_names(statement: ast.AST, known: dict[ast.AST, list[str]] | None = None) -> list[str]:
    """The names that a statement binds at its own level: not those inside functions, classes or lambdas.

    `known` keeps the names of loops, for who asks for a loop and then for those inside it.
    """
    if known is not None and statement in known:
        return known[statement]
    found: list[str] = []
    waiting: list[ast.AST] = [statement]
    while waiting:
        node = waiting.pop()
        kind = type(node)
        if known is not None and node is not statement and kind in _LOOPS:
            found += bound_names(node, known)
            continue
        if kind in _BINDERS:
            found += _BINDERS[kind](node)
        if kind not in _CLOSED:
            waiting += children(node)
    if known is not None:
        known[statement] = found
    return found


def class_node(segment: Segment) -> ast.ClassDef | None:
    """The class whose header a segment is."""
    parsed = tree(segment) if segment.kind is Kind.CLASS else None
    last = parsed.body[-1] if parsed and parsed.body else None
    return last if isinstance(last, ast.ClassDef) else None
