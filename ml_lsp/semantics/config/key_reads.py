"""How Python reads the keys of a configuration: converted by `float(...)`, compared with text, typed."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import cast

from ml_lsp.semantics.project import Project
from ml_lsp.syntax.segments import Segment
from ml_lsp.syntax.trees import own_name, tree

_NUMBERS = frozenset({"float", "int", "Decimal", "literal_eval", "eval"})
_PRINTING = frozenset({"print", "write", "info", "debug", "warning", "error", "join", "replace", "split"})
_SHORT = 16


@dataclass(frozen=True)
class KeyReads:
    """Keys (last parts of `cfg["a"]["b"]`, `cfg.a.b`, `cfg.get("b")`) by what is done with their values.

    `converted`: they go through `float(...)` or alike, or a typed option or field of that name does it.
    `compared`: they are compared with these texts. `spoken`: short texts that are keys of dicts or are given to
    functions, those apart that make numbers of them or print them. `settled`: keys that are written
    (`cfg["a"] = 1`, `{"a": 1}`) or asked for (`"a" in cfg`).
    """

    converted: frozenset[str]
    compared: frozenset[tuple[str, str]]
    spoken: frozenset[str]
    settled: frozenset[str]


def is_converted(project: Project, key: str) -> bool:
    """Whether some code makes a number of the key's value."""
    return any(key in found.converted for found in _reads(project, key, key.replace("_", "-")))


def is_compared(project: Project, key: str) -> bool:
    """Whether some code compares the key's value with text."""
    return any(compared == key for found in _reads(project, key) for compared, _ in found.compared)


def knows_text(project: Project, text: str) -> bool:
    """Whether some code compares anything with this text, in capitals or not, or goes by it as a name."""
    spelt = (text, text.lower(), text.upper(), text.capitalize())
    quoted = [f"{mark}{known}{mark}" for known in spelt for mark in "\"'"]
    return any(
        text in found.spoken or any(known in spelt for _, known in found.compared)
        for found in _reads(project, *quoted)
    )


def is_settled(project: Project, key: str) -> bool:
    """Whether some code writes a key of that name into a mapping, or asks whether it is there."""
    return any(key in found.settled for found in _reads(project, key))


def is_named(project: Project, key: str) -> bool:
    """Whether some code has the key as a name, an attribute or a text."""
    return any(key in module.words for module in project.modules(key, notebooks=True))


def _reads(project: Project, word: str, *others: str) -> Iterator[KeyReads]:
    """How the pieces read keys that hold one of the words in the text of their module."""
    for module in project.modules(word, *others, notebooks=True):
        yield from map(_piece_reads, module.pieces)


def _piece_reads(piece: Segment) -> KeyReads:
    if _piece_reads not in piece.memory:
        piece.memory[_piece_reads] = _collect(piece)
    return cast(KeyReads, piece.memory[_piece_reads])


def _collect(piece: Segment) -> KeyReads:
    parsed = tree(piece)
    converted: set[str] = set()
    compared: set[tuple[str, str]] = set()
    spoken: set[str] = set()
    settled: set[str] = set()
    for node in (node for part in parsed.body for node in ast.walk(part)) if parsed else ():
        match node:
            case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name), args=[inner, *_]) if (
                name in _NUMBERS
            ):
                converted.update(key for key in [key_of(inner)] if key)
            case ast.Call(func=ast.Attribute(attr="add_argument"), args=args) if _is_numeric_option(node):
                names = (arg.value for arg in args if isinstance(arg, ast.Constant))
                converted.update(str(name).lstrip("-").replace("-", "_") for name in names)
            case ast.ClassDef(body=body) if _is_validated(node):
                converted.update(s.target.id for s in body if _is_field(s))  # type: ignore[attr-defined]
            case ast.Compare(left=left, comparators=[right]):
                compared.update(_comparisons(left, right))
        spoken.update(_spoken(node))
        settled.update(_settled(node))
    return KeyReads(frozenset(converted), frozenset(compared), frozenset(spoken), frozenset(settled))


def _settled(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Subscript(slice=ast.Constant(value=str(key)), ctx=ast.Store() | ast.Del()):
            yield key
        case ast.Dict(keys=keys):
            yield from (
                key.value for key in keys if isinstance(key, ast.Constant) and isinstance(key.value, str)
            )
        case ast.Compare(left=ast.Constant(value=str(key)), ops=[ast.In() | ast.NotIn()]):
            yield key


def _spoken(node: ast.AST) -> Iterator[str]:
    """The short texts that are keys of a dict, or are given to a function that does not just convert or print."""
    given: list[ast.expr | None] = []
    if isinstance(node, ast.Dict):
        given = node.keys
    elif isinstance(node, ast.Call) and own_name(node.func) not in _NUMBERS | _PRINTING:
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
    for part in given:
        if isinstance(part, ast.Constant) and isinstance(part.value, str) and len(part.value) < _SHORT:
            yield part.value


def key_of(node: ast.expr) -> str | None:
    """The key that an expression reads: the last part of `cfg["a"]["b"]`, `cfg.a.b`, `cfg.get("b")`."""
    match node:
        case ast.Subscript(slice=ast.Constant(value=str(key))) | ast.Attribute(attr=key):
            return key
        case ast.Call(
            func=ast.Attribute(attr="get" | "pop" | "getattr"), args=[ast.Constant(value=str(key)), *_]
        ):
            return key
        case ast.Call(func=ast.Attribute(value=inner, attr="lower" | "upper" | "strip")):
            return key_of(inner)
        case ast.Name(id=name):
            return name
    return None


def _comparisons(left: ast.expr, right: ast.expr) -> list[tuple[str, str]]:
    key = key_of(left)
    if key is None:
        return []
    options = right.elts if isinstance(right, ast.Tuple | ast.List | ast.Set) else [right]
    return [(key, o.value) for o in options if isinstance(o, ast.Constant) and isinstance(o.value, str)]


def _is_numeric_option(node: ast.Call) -> bool:
    kind = next((keyword.value for keyword in node.keywords if keyword.arg == "type"), None)
    return isinstance(kind, ast.Name) and kind.id in ("float", "int")


def _is_validated(node: ast.ClassDef) -> bool:
    """Whether a class converts what it is made from, as pydantic's models do."""
    bases = {getattr(base, "attr", getattr(base, "id", "")) for base in node.bases}
    return bool(bases & {"BaseModel", "BaseSettings", "SQLModel"})


def _is_field(statement: ast.stmt) -> bool:
    return isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name)
