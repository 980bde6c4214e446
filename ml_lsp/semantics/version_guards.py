"""Code that runs only with some versions of a library: fallbacks, and questions about the version."""

from __future__ import annotations

import ast
import re

from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.values import walk

_MISSING = frozenset({
    "ImportError", "ModuleNotFoundError", "AttributeError", "TypeError", "Exception", "BaseException",
})  # fmt: skip
_ASKING = re.compile(
    r"version|^builtins\.(?:hasattr|dir)$|^inspect\.signature$|\.__kwdefaults__$|^sys\.modules$|^importlib\.util\.find_spec$"
)
_VERSION = re.compile(
    r"version|_available|legacy|hasattr|__kwdefaults__|^_*(?:TORCH|PT|HAS|IS_TORCH)_", re.IGNORECASE
)


def is_version_guarded(scope: Scope, node: ast.AST) -> bool:
    """Whether an expression or import runs only if the library is found to have, or not to have, something.

    True under `try` with a handler for what is missing, in such a handler, under `if hasattr(...)` or a
    question about the version, behind one in the same function, and in functions defined in such places.
    """
    here: Scope | None = scope
    inner: ast.AST = node
    while here is not None:
        statement = here.statement_of(inner)
        if statement is not None and _is_guarded(here, statement):
            return True
        if here.node is None:
            return False
        inner, here = here.node, here.parent
    return False


def _is_guarded(scope: Scope, statement: ast.stmt) -> bool:
    block = scope.block_of(statement)
    for around in block.chain() if block is not None else ():
        if isinstance(around.node, ast.Try) and any(map(_expects_absence, around.node.handlers)):
            return True
    start, end = scope.tree.span(statement)
    for question in _questions(scope, statement):
        asked = scope.tree.span(question)
        around_it = asked.start <= start and end <= asked.end
        before_it = scope.is_function and asked.start <= start
        if (around_it or before_it or isinstance(question, ast.IfExp)) and _asks_version(
            scope, question.test
        ):
            return True
    return False


def _questions(scope: Scope, statement: ast.stmt) -> list[ast.If | ast.IfExp | ast.Assert]:
    found = [other for other in scope.flow.blocks if isinstance(other, ast.If | ast.Assert)]
    plain = not isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
    inside = ast.walk(statement) if plain else ()
    return [*found, *(part for part in inside if isinstance(part, ast.IfExp))]


def _expects_absence(handler: ast.ExceptHandler) -> bool:
    named = [part.id for part in ast.walk(handler.type) if isinstance(part, ast.Name)] if handler.type else []
    return handler.type is None or not _MISSING.isdisjoint(named)


def _asks_version(scope: Scope, test: ast.expr) -> bool:
    """Whether a condition asks what a library has: by `hasattr`, a version, or a name that says so."""
    for part in ast.walk(test):
        name = part.id if isinstance(part, ast.Name) else part.attr if isinstance(part, ast.Attribute) else ""
        if _VERSION.search(name):
            return True
        if isinstance(part, ast.Name | ast.Attribute):
            named = (str(getattr(of, "name", "")) for of in walk(scope.value(part)))
            if any(_ASKING.search(name) for name in named):
                return True
    return False
