"""Argparse's words: parsers, and the groups of options made by them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.semantics.call import Call
from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.semantics.mentioning import calls_mentioning
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.types import class_of
from ml_lsp.semantics.values import Attr, Param, Ref, Result, Value

_PARSER = "argparse.ArgumentParser"
_GROUPS = frozenset({"add_argument_group", "add_mutually_exclusive_group", "add_parser"})


def is_parser(scope: Scope, value: Value | None, depth: int = 5) -> bool:
    """Whether a value is certainly a parser of argparse, or a group or subparser of one.

    A parameter of unknown type called `parser` counts where nothing else is imported that has parsers.
    """
    match value:
        case Result(Attr(owner, name)) if name in _GROUPS and depth:
            return is_parser(scope, owner, depth - 1)
        case Result(Attr(owner, "add_subparsers")) if depth:
            return is_parser(scope, owner, depth - 1)
        case Param(name) if class_of(scope, value) is None:
            return name in ("parser", "argparser", "arg_parser") and _argparse_alone(scope)
        case None:
            return False
    return class_of(scope, value) == Ref(_PARSER)


def _argparse_alone(scope: Scope) -> bool:
    others = {"jsonargparse", "transformers", "simple_parsing", "tap", "configargparse", "lightning", "tyro"}
    libraries = scope.inquiry.module.tables.libraries
    return "argparse" in libraries and libraries.isdisjoint(others)


def option_default(inquiry: Inquiry, name: str) -> object:
    """The constant that an option of a module's command line is unless it is given; None if it is not known."""
    found = [call.constant(None, "default") for call in option_calls(inquiry) if name in destinations(call)]
    return found[0] if len(found) == 1 else None


def option_calls(inquiry: Inquiry) -> Iterator[Call]:
    """The calls `add_argument` of a module."""
    return (call for call in calls_mentioning(inquiry, "add_argument") if call.method == "add_argument")


def destinations(call: Call) -> set[str]:
    """The names under which an option may be read: of `-j, --num-workers`, num_workers."""
    stated = call.constant(None, "dest")
    if isinstance(stated, str):
        return {stated}
    flags = [
        arg.value for arg in call.node.args if isinstance(arg, ast.Constant) and isinstance(arg.value, str)
    ]
    return {flag.lstrip("-").replace("-", "_") for flag in flags}
