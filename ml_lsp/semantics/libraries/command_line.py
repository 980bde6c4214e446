"""Typer's words: the options and arguments of a command, in both ways of writing them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeGuard

from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.signatures import with_defaults
from ml_lsp.semantics.testcode import is_test_path
from ml_lsp.semantics.values import Ref

_MAKERS = frozenset({"typer.Option", "typer.Argument"})
_HOLDERS = frozenset({"typing.Optional", "typing.List", "builtins.list", "typing.Union"})
_ANNOTATED = frozenset({"typing.Annotated", "typing_extensions.Annotated"})


@dataclass(frozen=True, eq=False)
class Parameter:
    """A parameter of a function that may be a command; `annotation` is the type, without `Annotated[...]` around it.

    `default` is what the parameter is without the option on the command line; None if there is nothing.
    """

    scope: Scope
    node: ast.arg
    annotation: ast.expr | None
    default: ast.expr | None

    @property
    def around(self) -> Scope:
        """The scope in which the function is defined, where its annotations and defaults are read."""
        return self.scope.parent or self.scope


@dataclass(frozen=True, eq=False)
class CommandParameter(Parameter):
    """A parameter of a function that is an option or an argument of a command.

    `made` is the call `typer.Option(...)`. `in_default`: it stands as the parameter's default, not in `Annotated`.
    """

    made: ast.Call
    in_default: bool = False


def parameters(scope: Scope) -> Iterator[Parameter]:
    """The parameters of a function, in order; those that Typer's words describe as `CommandParameter`."""
    if not isinstance(scope.node, ast.FunctionDef | ast.AsyncFunctionDef):
        return
    around = scope.parent or scope
    for node, default in with_defaults(scope.node.args):
        described = _described(around, node.annotation)
        makers = [one for one in described[1:] if _is_maker(one, around)] if described else []
        annotation = described[0] if described else node.annotation
        if makers:
            yield CommandParameter(scope, node, annotation, default, makers[0])
        elif default is not None and _is_maker(default, around):
            yield CommandParameter(scope, node, annotation, _stated_default(default), default, True)
        else:
            yield Parameter(scope, node, annotation, default)


def command_parameters(scope: Scope) -> Iterator[CommandParameter]:
    """The parameters of a function that `typer.Option(...)` or `typer.Argument(...)` describes, in order."""
    return (one for one in parameters(scope) if isinstance(one, CommandParameter))


def names_beside_typer(inquiry: Inquiry) -> frozenset[str]:
    """What the modules of the project that use Typer define, as a module calls it: commands are among it."""
    return inquiry.once(names_beside_typer, lambda: _names_beside_typer(inquiry))


def _names_beside_typer(inquiry: Inquiry) -> frozenset[str]:
    found: set[str] = set()
    for module in (inquiry.module, *inquiry.modules("typer")):
        if "typer" in module.tables.libraries and not is_test_path(module.path):
            found.update(module.tables.defines)
    imported = inquiry.module.tables.imports.items()
    return frozenset(found.union(name for name, meant in imported if meant.rpartition(".")[2] in found))


def text_annotation(around: Scope, annotation: ast.expr) -> ast.expr | None:
    """The `str` in `str`, `"str"`, `Optional[str]`, `str | None`, `list[str]`; None for other annotations."""
    return annotation_of(around, annotation, "builtins.str")


def annotation_of(around: Scope, annotation: ast.expr, kind: str) -> ast.expr | None:
    """Where an annotation says a type of Python's own, alone or as what may be left out; None if it does not."""
    match annotation:
        case ast.Name():
            return annotation if around.value(annotation) == Ref(kind) else None
        case ast.Constant(value=str(text)):
            return annotation if around.text_value(text) == Ref(kind) else None
        case ast.Subscript(value=holder, slice=inner):
            found = around.value(holder)
            is_holder = isinstance(found, Ref) and found.name in _HOLDERS
            return annotation_of(around, inner, kind) if is_holder else None
        case ast.BinOp(op=ast.BitOr(), left=left, right=ast.Constant(value=None)):
            return annotation_of(around, left, kind)
        case ast.BinOp(op=ast.BitOr(), left=ast.Constant(value=None), right=right):
            return annotation_of(around, right, kind)
    return None


def _described(around: Scope, annotation: ast.expr | None) -> list[ast.expr] | None:
    """The type and what is said of it in `Annotated[type, ...]`; None for any other annotation."""
    if isinstance(annotation, ast.Subscript) and isinstance(annotation.slice, ast.Tuple):
        found = around.value(annotation.value)
        if isinstance(found, Ref) and found.name in _ANNOTATED:
            return annotation.slice.elts
    return None


def _stated_default(made: ast.Call) -> ast.expr | None:
    """The default in `typer.Option(default, ...)`; None for `...`, which makes the option required."""
    found = made.args[0] if made.args else None
    found = next((keyword.value for keyword in made.keywords if keyword.arg == "default"), found)
    return None if isinstance(found, ast.Constant) and found.value is ... else found


def _is_maker(node: ast.expr, around: Scope) -> TypeGuard[ast.Call]:
    callee = around.value(node.func) if isinstance(node, ast.Call) else None
    return isinstance(callee, Ref) and callee.name in _MAKERS
