"""Options of the command line that have a default, whichever library reads the command line."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from ml_lsp.semantics.argparse import is_parser
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.classes import class_of_name
from ml_lsp.semantics.dataclass_fields import is_dataclass, stated_fields
from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.semantics.libraries.command_line import command_parameters
from ml_lsp.semantics.libraries.commands import is_command
from ml_lsp.semantics.mentioning import calls_mentioning
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.signatures import with_defaults
from ml_lsp.semantics.values import Const
from ml_lsp.text import Span

_CLICK = frozenset({"click.option", "rich_click.option", "asyncclick.option"})
# Functions that make options of a dataclass's fields.
_BY_FIELDS = frozenset({"tyro.cli", "transformers.HfArgumentParser", "simple_parsing.parse"})
_SIGNS = ("add_argument", "option", "typer", "cli", "HfArgumentParser", "parse")


@dataclass(frozen=True)
class CliOption:
    """An option with a constant default. `span` and `text` are the default's, in the module.

    `is_variable`: the code reads it as a variable of that name (a parameter of a command), not as an attribute
    of the parsed arguments.
    """

    dest: str
    value: object
    span: Span
    text: str
    is_variable: bool = False


def cli_options(inquiry: Inquiry) -> tuple[CliOption, ...]:
    """The options of a module that have a constant default other than None, in order."""
    return inquiry.once(cli_options, lambda: tuple(_all(inquiry)))


def _all(inquiry: Inquiry) -> Iterator[CliOption]:
    for call in calls_mentioning(inquiry, *_SIGNS):
        yield from _of_call(call)
    if "typer" in inquiry.module.tables.libraries:
        for piece in inquiry.pieces("everything"):
            for scope in inquiry.piece_scope(piece).functions():
                yield from _of_command(scope)


def _of_call(call: Call) -> Iterator[CliOption]:
    if call.method == "add_argument" and is_parser(call.scope, call.receiver):
        dest = str(call.constant(None, "dest") or _longest(call))
        yield from _option(call.scope, dest, call.argument(None, "default"))
    elif call.method == "option" and call.name in _CLICK:
        yield from _option(call.scope, _longest(call), call.argument(None, "default"), is_variable=True)
    elif call.name in _BY_FIELDS and call.node.args:
        given = call.node.args[0]
        for node in given.elts if isinstance(given, ast.Tuple | ast.List) else [given]:
            yield from _of_fields(call, node)


def _longest(call: Call) -> str:
    """The name of an option that may have a short one too; click's own name for the variable comes first."""
    names = [str(arg.value) for arg in call.node.args if isinstance(arg, ast.Constant)]
    plain = [name for name in names if not name.startswith("-")]
    return max(plain or names or [""], key=len).lstrip("-").replace("-", "_")


def _of_command(scope: Scope) -> Iterator[CliOption]:
    """The parameters of a function that Typer runs."""
    if not isinstance(scope.node, ast.FunctionDef | ast.AsyncFunctionDef) or not is_command(scope):
        return
    described = {parameter.node: parameter.default for parameter in command_parameters(scope)}
    for node, default in with_defaults(scope.node.args):
        yield from _option(scope.parent or scope, node.arg, described.get(node, default), is_variable=True)


def _of_fields(call: Call, node: ast.expr) -> Iterator[CliOption]:
    """The fields of a dataclass of the same module."""
    own = class_of_name(call.scope, call.scope.value(node))
    if own is None or own.scope.inquiry is not call.scope.inquiry:
        return
    if is_dataclass(own):
        for scope, name, default in stated_fields(own):
            yield from _option(scope, name, default)


def _option(
    scope: Scope, dest: str, default: ast.expr | None, is_variable: bool = False
) -> Iterator[CliOption]:
    value = scope.value(default) if default is not None else None
    if default is not None and isinstance(value, Const) and value.value is not None and dest:
        yield CliOption(dest, value.value, scope.span(default), scope.text(default), is_variable)
