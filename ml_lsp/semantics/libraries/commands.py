"""Typer's commands: which functions the command line runs, and which apps they belong to."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.semantics.call import Call
from ml_lsp.semantics.handlers import arguments
from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.semantics.mentioning import calls_mentioning
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.values import Attr, Ref, Result, Value, identity, options, parts, walk

_APP = "typer.Typer"
_MARKS = frozenset({"command", "callback", "group"})
# Methods that read the command line.
_READERS = frozenset({"parse_args", "parse_known_args"})


def is_app(value: Value) -> bool:
    """Whether a value is certainly an app of Typer, made by its own class."""
    return all(isinstance(option, Result) and option.callee == Ref(_APP) for option in options(value))


def is_command_mark(value: Value) -> bool:
    """Whether a decorator registers a command: `@app.command()`, `@app.callback()`."""
    callee = value.callee if isinstance(value, Result) else value
    return isinstance(callee, Attr) and callee.name in ("command", "callback") and is_app(callee.owner)


def is_command(scope: Scope) -> bool:
    """Whether the command line runs a function: decorated, or given to `typer.run` or `app.command()`."""
    if not isinstance(scope.node, ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    if any(map(_may_mark, scope.node.decorator_list)) and any(map(is_command_mark, scope.decorators)):
        return True
    if "typer" not in scope.inquiry.module.tables.libraries:
        return False
    return scope.name in scope.inquiry.once(_registered, lambda: frozenset(_registered(scope.inquiry)))


def _may_mark(decorator: ast.expr) -> bool:
    """Whether a decorator is written like one that registers a command."""
    func = decorator.func if isinstance(decorator, ast.Call) else decorator
    return isinstance(func, ast.Attribute) and func.attr in ("command", "callback")


def _registered(inquiry: Inquiry) -> Iterator[str]:
    """The names of the functions that are given to `typer.run(f)` or `app.command()(f)`."""
    for call in calls_mentioning(inquiry, "run", "command"):
        first = call.node.args[0] if call.node.args else None
        if isinstance(first, ast.Name) and (call.name == "typer.run" or is_command_mark(call.callee)):
            yield first.id


def commands_of(inquiry: Inquiry, app: Value) -> Iterator[Scope]:
    """The functions of a module that are decorated as commands of an app (its callbacks left out)."""
    for piece in inquiry.pieces("mentions", "command"):
        for scope in inquiry.piece_scope(piece).functions():
            for mark in scope.decorators:
                callee = mark.callee if isinstance(mark, Result) else mark
                if isinstance(callee, Attr) and callee.name == "command" and _is_same(callee.owner, app):
                    yield scope


def _is_same(one: Value, other: Value) -> bool:
    return identity(one) == identity(other)


def uses_of(inquiry: Inquiry, app: Value, method: str) -> Iterator[Call]:
    """The calls of a method of an app in a module; of the app itself where `method` is empty."""
    for piece in inquiry.pieces("everything"):
        for scope in inquiry.piece_scope(piece).with_inner():
            for call in scope.calls:
                owner = call.callee if not method else call.receiver if call.method == method else None
                if owner is not None and _is_same(owner, app):
                    yield call


def is_passed_on(inquiry: Inquiry, app: Value) -> bool:
    """Whether some call in a module is given an app, alone or among others: to mount it, for one thing.

    It may be where a module mounts what cannot be told.
    """
    for piece in inquiry.pieces("everything"):
        for scope in inquiry.piece_scope(piece).with_inner():
            for call in scope.calls:
                found = (part for node in arguments(call) for part in walk(scope.value(node), _given_parts))
                if any(_is_same(part, app) for part in found) or _mounts_unknown(call, app):
                    return True
    return False


def _mounts_unknown(call: Call, app: Value) -> bool:
    """Whether another app mounts what is no app for certain."""
    if call.receiver is None or _is_same(call.receiver, app):
        return False
    given = call.argument_value(0, "typer_instance") if call.method == "add_typer" else None
    return given is not None and not is_app(given)


def _given_parts(value: Value) -> Iterator[Value]:
    """What a value is made of, but for what was called to make it."""
    return iter(value.args) if isinstance(value, Result) else parts(value)


def is_for_the_command_line(scope: Scope) -> bool:
    """Whether a function is a command of Typer or click, or reads the command line itself: its prints are output."""
    if is_command(scope):
        return True
    marks = (mark.callee if isinstance(mark, Result) else mark for mark in scope.decorators)
    if any(getattr(mark, "name", "").rpartition(".")[2] in _MARKS for mark in marks):
        return True
    return any(call.method in _READERS or call.name == "builtins.input" for call in scope.calls)
