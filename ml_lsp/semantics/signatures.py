"""Which arguments functions take, and what the dotted names that configs hold lead to in the workspace."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ml_lsp.semantics.classes import Class
from ml_lsp.semantics.dataclass_fields import is_dataclass_mark
from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.semantics.module import Module
from ml_lsp.semantics.project import Project
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.values import Param
from ml_lsp.text import Span


@dataclass(frozen=True)
class Target:
    """A function or class of the workspace.

    `parameters`: what it takes by keyword; None if it takes anything, or that cannot be told.
    """

    name: str
    path: Path
    span: Span
    parameters: frozenset[str] | None


@dataclass(frozen=True)
class Missing:
    """A name that leads to nothing: `where` has no `name`, but those `known`. `in_library`: that is no module of the
    workspace but one of an installed library."""

    name: str
    where: str
    known: frozenset[str]
    in_library: bool = False


def with_defaults(arguments: ast.arguments) -> Iterator[tuple[ast.arg, ast.expr | None]]:
    """The parameters that a function takes by name, each with its default; None for one without."""
    plain = [*arguments.posonlyargs, *arguments.args]
    missing = [None] * (len(plain) - len(arguments.defaults))
    yield from zip(plain, [*missing, *arguments.defaults], strict=True)
    yield from zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)


def default_of(parameter: Param) -> ast.expr | None:
    """The default that a function gives one of its parameters; None without one, or if the function is not seen."""
    arguments = getattr(parameter.site.scope.node, "args", None) if parameter.site is not None else None
    if not isinstance(arguments, ast.arguments):
        return None
    return {argument.arg: default for argument, default in with_defaults(arguments)}.get(parameter.name)


def find_target(project: Project, dotted: str, from_path: Path) -> Target | Missing | None:
    """What a dotted name means; None if it leads out of the workspace, or that cannot be told."""
    found = project.find(dotted, from_path)
    module = project.module_at(found.path) if found is not None else None
    if found is None or module is None or not found.rest:
        return None
    name = found.rest[0]
    tables = module.tables
    if name in tables.imports or tables.stars or "__getattr__" in tables.defines:
        return None
    if name not in tables.defines:
        if (found.path.parent / name).is_dir():
            return None  # a package without modules of its own
        where = dotted.rpartition(f".{'.'.join(found.rest)}")[0]
        return Missing(name, where, frozenset(tables.defines) - {"annotations"})
    if len(found.rest) == 2:
        return _missing_method(Inquiry(module, project=project), dotted, *found.rest)
    return _target(project, module, name) if len(found.rest) == 1 else None


def _missing_method(inquiry: Inquiry, dotted: str, owner: str, name: str) -> Missing | None:
    """The name after a class's, if the class certainly has no such method or attribute."""
    own = inquiry.class_(owner)
    if own is None or own.has_unknown_base or own.node.keywords or own.node.decorator_list:
        return None
    if own.method(name) is not None or own.assignments(name) or name.startswith("__"):
        return None
    known = frozenset(method for one in own.lineage() for method in one.methods)
    inner = any(isinstance(node, ast.ClassDef) and node.name == name for node in ast.walk(own.node))
    return None if inner or "__getattr__" in known else Missing(name, dotted.rpartition(".")[0], known)


def _target(project: Project, module: Module, name: str) -> Target | None:
    inquiry = Inquiry(module, project=project)
    own = inquiry.class_(name)
    if own is not None:
        return Target(name, module.path, own.name_span, _of_class(own))
    function = inquiry.function(name)
    if function is None or not isinstance(function.node, ast.FunctionDef | ast.AsyncFunctionDef):
        return None
    parameters = None if function.decorators else _of_function(function, 0)
    return Target(name, module.path, inquiry.piece_scope(function.piece).name_span(function.node), parameters)


def _of_class(own: Class) -> frozenset[str] | None:
    if own.node.keywords or any(not is_dataclass_mark(own, mark) for mark in own.node.decorator_list):
        return None
    start = own.method("__init__")
    if own.method("__new__") is not None:
        return None
    if own.node.decorator_list:
        return None if own.node.bases else _fields(own)
    return _of_function(start, 1) if start is not None else None


def _fields(own: Class) -> frozenset[str]:
    statements = [s for s in own.node.body if isinstance(s, ast.AnnAssign)]
    return frozenset(s.target.id for s in statements if isinstance(s.target, ast.Name))


def _of_function(function: Scope, skipped: int) -> frozenset[str] | None:
    node = function.node
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or node.args.kwarg is not None:
        return None
    plain = [arg.arg for arg in node.args.args]
    return frozenset(
        (*plain[max(0, skipped - len(node.args.posonlyargs)) :], *(a.arg for a in node.args.kwonlyargs))
    )
