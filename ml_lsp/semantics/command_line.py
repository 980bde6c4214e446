"""Typer's words: the options and arguments of a command, in both ways of writing them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.values import Ref

_MAKERS = frozenset({"typer.Option", "typer.Argument"})
_ANNOTATED = frozenset({"typing.Annotated", "typing_extensions.Annotated"})


@dataclass(frozen=True, eq=False)
class CommandParameter:
    """A parameter of a function that is an option or an argument of a command.

    `made` is the call `typer.Option(...)`; `annotation` is the type, without `Annotated[...]` around it.
    """

    scope: Scope
    node: ast.arg
    made: ast.Call
    annotation: ast.expr | None

    @property
    def around(self) -> Scope:
        """The scope in which the function is defined, where its annotations and defaults are read."""
        return self.scope.parent or self.scope


def command_parameters(scope: Scope) -> Iterator[CommandParameter]:
    """The parameters of a function that `typer.Option(...)` or `typer.Argument(...)` describes, in order."""
    if not isinstance(scope.node, ast.FunctionDef | ast.AsyncFunctionDef):
        return
    around = scope.parent or scope
    for node, default in _with_defaults(scope.node.args):
        annotation, described = node.annotation, _described(around, node.annotation)
        if described is not None:
            annotation, *extras = described
        else:
            extras = [default] if default is not None else []
        for made in extras:
            if isinstance(made, ast.Call) and _is_maker(around, made):
                yield CommandParameter(scope, node, made, annotation)


def _with_defaults(arguments: ast.arguments) -> Iterator[tuple[ast.arg, ast.expr | None]]:
    plain = [*arguments.posonlyargs, *arguments.args]
    missing = [None] * (len(plain) - len(arguments.defaults))
    yield from zip(plain, [*missing, *arguments.defaults], strict=True)
    yield from zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)


def _described(around: Scope, annotation: ast.expr | None) -> list[ast.expr] | None:
    """The type and what is said of it in `Annotated[type, ...]`; None for any other annotation."""
    if isinstance(annotation, ast.Subscript) and isinstance(annotation.slice, ast.Tuple):
        found = around.value(annotation.value)
        if isinstance(found, Ref) and found.name in _ANNOTATED:
            return annotation.slice.elts
    return None


def _is_maker(around: Scope, made: ast.Call) -> bool:
    callee = around.value(made.func)
    return isinstance(callee, Ref) and callee.name in _MAKERS
