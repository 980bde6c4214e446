"""Typer's words: the options and arguments of a command, in both ways of writing them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.signatures import with_defaults
from ml_lsp.semantics.values import Ref

_MAKERS = frozenset({"typer.Option", "typer.Argument"})
_ANNOTATED = frozenset({"typing.Annotated", "typing_extensions.Annotated"})


@dataclass(frozen=True, eq=False)
class CommandParameter:
    """A parameter of a function that is an option or an argument of a command.

    `made` is the call `typer.Option(...)`; `annotation` is the type, without `Annotated[...]` around it.
    `in_default`: the call stands as the parameter's default, not in `Annotated`. `default` is what the
    parameter is without the option on the command line; None if there is nothing.
    """

    scope: Scope
    node: ast.arg
    made: ast.Call
    annotation: ast.expr | None
    in_default: bool = False
    default: ast.expr | None = None

    @property
    def around(self) -> Scope:
        """The scope in which the function is defined, where its annotations and defaults are read."""
        return self.scope.parent or self.scope


def command_parameters(scope: Scope) -> Iterator[CommandParameter]:
    """The parameters of a function that `typer.Option(...)` or `typer.Argument(...)` describes, in order."""
    if not isinstance(scope.node, ast.FunctionDef | ast.AsyncFunctionDef):
        return
    around = scope.parent or scope
    for node, default in with_defaults(scope.node.args):
        described = _described(around, node.annotation)
        if described is not None:
            annotation, *extras = described
            for made in extras:
                if isinstance(made, ast.Call) and _is_maker(around, made):
                    yield CommandParameter(scope, node, made, annotation, default=default)
        elif isinstance(default, ast.Call) and _is_maker(around, default):
            yield CommandParameter(scope, node, default, node.annotation, True, _stated_default(default))


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


def _is_maker(around: Scope, made: ast.Call) -> bool:
    callee = around.value(made.func)
    return isinstance(callee, Ref) and callee.name in _MAKERS
