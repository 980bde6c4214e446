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


_CONFIG_SUFFIXES = (".y", ".json", ".Y", ".JSON")


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
    imports: dict[bool, list[Import]] = {True: [], False: []}
    waiting: list[tuple[ast.AST, bool]] = [(node, not segment.kind.in_class) for node in parsed.body]
    while waiting:
        node, outer = waiting.pop()
        words_of = _WORDS.get(type(node))
        if words_of is not None:
            words.update(words_of(node))
        if isinstance(node, ast.Import | ast.ImportFrom):
            imports[outer] += imports_of(node)
        elif isinstance(node, ast.Attribute) and not isinstance(node.ctx, ast.Load):
            stores.add(node.attr)
        outer = outer and not isinstance(node, _SCOPES)
        waiting += [(child, outer) for child in children(node)]
    defines = frozenset(name for statement in parsed.body for name in bound_names(statement))
    return Facts(frozenset(words), tuple(imports[True]), tuple(imports[False]), defines, frozenset(stores))


def _imported_words(node: ast.alias) -> tuple[str, ...]:
    return (*node.name.split("."), node.asname) if node.asname else tuple(node.name.split("."))


def _short_text(node: ast.Constant) -> tuple[str, ...]:
    return (node.value,) if isinstance(node.value, str) and len(node.value) < 40 else ()


_WORDS: dict[type[ast.AST], Callable[[Any], tuple[str, ...]]] = {
    ast.Name: lambda node: (node.id,),
    ast.arg: lambda node: (node.arg,),
    ast.Attribute: lambda node: (node.attr,),
    ast.FunctionDef: lambda node: (node.name,),
    ast.AsyncFunctionDef: lambda node: (node.name,),
    ast.ClassDef: lambda node: (node.name,),
    ast.keyword: lambda node: (node.arg,) if node.arg else (),
    ast.alias: _imported_words,
    ast.ImportFrom: lambda node: tuple(node.module.split(".")) if node.module else (),
    ast.Constant: _short_text,
}
"""The words of a node itself, by its kind; every keystroke asks this of all nodes of a function."""


_LOOPS = ast.For | ast.AsyncFor | ast.While


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
        if known is not None and node is not statement and isinstance(node, _LOOPS):
            found += bound_names(node, known)
            continue
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                found.append(name)
                continue
            case ast.Lambda() | ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                continue
            case ast.Name(id=name, ctx=ast.Store() | ast.Del()):
                found.append(name)
            case ast.Import() | ast.ImportFrom():
                found += (item.local.partition(".")[0] for item in imports_of(node))
            case (
                ast.ExceptHandler(name=str(name))
                | ast.MatchAs(name=str(name))
                | ast.MatchStar(name=str(name))
            ):
                found.append(name)
        waiting += children(node)
    if known is not None:
        known[statement] = found
    return found


def class_node(segment: Segment) -> ast.ClassDef | None:
    """The class whose header a segment is."""
    parsed = tree(segment) if segment.kind is Kind.CLASS else None
    last = parsed.body[-1] if parsed and parsed.body else None
    return last if isinstance(last, ast.ClassDef) else None
