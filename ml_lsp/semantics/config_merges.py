"""How a module brings its configuration file and its command line together, and which of them wins."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.semantics.config_file import ConfigFile
from ml_lsp.semantics.config_readers import config_names, place_of_name
from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.syntax.trees import tree


def named_configs(inquiry: Inquiry) -> list[ConfigFile]:
    """The YAML and JSON files of the workspace that a module names by a string."""
    pieces = inquiry.module.pieces
    named = {text.replace("\\", "/").rpartition("/")[2] for piece in pieces for text in config_names(piece)}
    if not named:
        return []  # and nothing is asked of the workspace
    likely = [file for file in inquiry.configs() if file.path.name in named]
    return [file for file in likely if place_of_name(inquiry.module, file) is not None]


def winner(inquiry: Inquiry, key: str, dest: str) -> str | None:
    """Which of two values of a setting counts where both are used: `command line`, `file`, or `either`.

    `key` is its key in the file, `dest` its name among the arguments. None if they are not brought together.
    """
    for node in _nodes(inquiry):
        match node:
            case ast.Call(func=ast.Attribute(value=target, attr="update"), args=[source]):
                if _is_arguments(source):
                    return "command line"
                if _is_arguments(target):
                    return "file"
            case ast.Dict(keys=[*keys], values=[*values]) if keys.count(None) > 1 and _is_arguments(
                values[-1]
            ):
                return "command line"
            case ast.Assign(targets=[ast.Subscript(slice=ast.Constant(value=str(found)))], value=value):
                if found == key and isinstance(value, ast.Attribute) and value.attr == dest:
                    return None if _is_guarded(inquiry, node) else "command line"
    return "either" if _reads_both(inquiry, key, dest) else None


def _nodes(inquiry: Inquiry) -> Iterator[ast.AST]:
    for piece in inquiry.pieces("everything"):
        parsed = tree(inquiry.module.pieces[piece])
        yield from (node for part in parsed.body for node in ast.walk(part)) if parsed else ()


def _is_arguments(node: ast.expr) -> bool:
    """`vars(args)`, `args.__dict__`."""
    match node:
        case ast.Call(func=ast.Name(id="vars"), args=[ast.Name()]):
            return True
        case ast.Attribute(value=ast.Name(), attr="__dict__"):
            return True
    return False


def _is_guarded(inquiry: Inquiry, statement: ast.Assign) -> bool:
    return any(isinstance(node, ast.If) and statement in ast.walk(node) for node in _nodes(inquiry))


def _reads_both(inquiry: Inquiry, key: str, dest: str) -> bool:
    """Whether `cfg["key"]` is read, and `args.dest`; or `.key` of two things."""
    owners: set[str] = set()
    subscribed = False
    for node in _nodes(inquiry):
        match node:
            case ast.Subscript(slice=ast.Constant(value=str(found)), ctx=ast.Load()) if found == key:
                subscribed = True
            case ast.Call(func=ast.Attribute(attr="get"), args=[ast.Constant(value=str(found)), *_]) if (
                found == key
            ):
                subscribed = True
            case ast.Attribute(value=ast.Name(id=owner), attr=found, ctx=ast.Load()) if found in (key, dest):
                owners.add(owner)
    return len(owners) > 1 or (subscribed and bool(owners))
