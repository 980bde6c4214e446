"""Argparse's words: parsers, and the groups of options made by them."""

from __future__ import annotations

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
