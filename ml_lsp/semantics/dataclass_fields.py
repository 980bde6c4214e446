"""Dataclasses of a project: which classes are, and what their fields are."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.semantics.classes import Class
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.values import Ref, Result


def is_dataclass(own: Class) -> bool:
    """Whether a class is decorated as a dataclass."""
    return any(is_dataclass_mark(own, mark) for mark in own.node.decorator_list)


def is_dataclass_mark(own: Class, mark: ast.expr) -> bool:
    """Whether a decorator makes a class a dataclass."""
    value = own.scope.value(mark)
    return (value.callee if isinstance(value, Result) else value) == Ref("dataclasses.dataclass")


def stated_fields(own: Class) -> Iterator[tuple[Scope, str, ast.expr | None]]:
    """The fields of a dataclass in order, its parents' left out: where they stand, name, default."""
    for scope, statement in class_statements(own):
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            yield scope, statement.target.id, statement.value


def class_statements(own: Class) -> Iterator[tuple[Scope, ast.stmt]]:
    """What stands in the body of a class, in order, each with its scope."""
    levels = [(own.scope, own.node.body), *((scope, scope.tree.body) for scope in own.member_scopes)]
    for scope, body in levels:
        yield from ((scope, statement) for statement in body)
