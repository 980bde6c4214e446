"""How a module brings its configuration file and its command line together, and which of them wins."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import cast

from ml_lsp.semantics.config import pyproject
from ml_lsp.semantics.config.config_readers import config_names, place_of_name
from ml_lsp.semantics.config_file import ConfigFile
from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.semantics.libraries.cli_options import CliOption
from ml_lsp.syntax.trees import tree


def named_configs(inquiry: Inquiry) -> list[ConfigFile]:
    """The YAML, JSON and TOML files of the workspace that a module names by a string; pyproject.toml only if it reads
    a table of its own there."""
    pieces = [inquiry.module.pieces[index] for index in inquiry.pieces("names files")]
    named = {text.replace("\\", "/").rpartition("/")[2] for piece in pieces for text in config_names(piece)}
    if not named:
        return []  # and nothing is asked of the workspace
    configs, project = inquiry.configs(), inquiry.project
    memory: dict[object, object] = project.memory if project is not None else {}
    key = (named_configs, inquiry.module)
    if key not in memory:
        likely = [file for file in configs if file.path.name in named]
        memory[key] = [file for file in likely if place_of_name(inquiry.module, file) is not None]
    found = cast(list[ConfigFile], memory[key])
    return [file for file in found if file.path.name != pyproject.NAME or pyproject.own_tables(inquiry)]


def winner(inquiry: Inquiry, key: str, option: CliOption) -> str | None:
    """Which of two values of a setting counts where both are used: `command line`, `file`, or `either`.

    `key` is its key in the file. None if the two are not brought together.
    """
    for node in _nodes(inquiry):
        found = _merging(node, key, option)
        if found is not None:
            return None if found == _SET and _is_guarded(inquiry, node) else found.replace(_SET, _OPTION)
    return "either" if _reads_both(inquiry, key, option) else None


_OPTION, _SET = "command line", "set"


def _merging(node: ast.AST, key: str, option: CliOption) -> str | None:
    """What a node does to the setting: all options over the file, the file over them, or this key `set`."""
    match node:
        case ast.Call(func=ast.Attribute(value=target, attr="update"), args=[source]):
            if _is_arguments(source):
                return _OPTION
            return "file" if _is_arguments(target) else None
        case ast.Call(func=ast.Attribute(attr="update"), args=[], keywords=keywords):
            given = [word.value for word in keywords if word.arg == key]
            return _SET if any(_is_read(value, option) for value in given) else None
        case ast.Call(func=ast.Attribute(attr="merge"), args=[_, *_, last]) if _is_arguments(last):
            return _OPTION
        case ast.BinOp(op=ast.BitOr(), left=left, right=right):
            return _OPTION if _is_arguments(right) else "file" if _is_arguments(left) else None
        case ast.Dict(keys=[*keys], values=[*values]) if None in keys:
            if keys.count(None) > 1 and keys[-1] is None and _is_arguments(values[-1]):
                return _OPTION
            own = [value for name, value in zip(keys, values, strict=True) if _is_text(name, key)]
            return _SET if keys[0] is None and any(_is_read(value, option) for value in own) else None
        case ast.Assign(targets=[ast.Subscript(slice=ast.Constant(value=str(found)))], value=value) if (
            found == key and _is_read(value, option)
        ):
            return _SET
    return None


def _is_text(node: ast.expr | None, text: str) -> bool:
    return isinstance(node, ast.Constant) and node.value == text


def _is_read(node: ast.expr, option: CliOption) -> bool:
    """`args.lr`; of an option that is a variable, `lr`."""
    if option.is_variable:
        return isinstance(node, ast.Name) and node.id == option.dest
    return isinstance(node, ast.Attribute) and node.attr == option.dest


def _nodes(inquiry: Inquiry) -> Iterator[ast.AST]:
    for piece in inquiry.pieces("everything"):
        parsed = tree(inquiry.module.pieces[piece])
        yield from (node for part in parsed.body for node in ast.walk(part)) if parsed else ()


def _is_arguments(node: ast.expr) -> bool:
    """`vars(args)`, `args.__dict__`, `asdict(args)`, a config made of one of them."""
    match node:
        case ast.Call(func=ast.Name(id="vars" | "asdict") | ast.Attribute(attr="asdict"), args=[ast.Name()]):
            return True
        case ast.Call(func=ast.Attribute(attr="create"), args=[inner]):
            return _is_arguments(inner)
        case ast.Attribute(value=ast.Name(), attr="__dict__"):
            return True
    return False


def _is_guarded(inquiry: Inquiry, inner: ast.AST) -> bool:
    return any(isinstance(node, ast.If) and inner in ast.walk(node) for node in _nodes(inquiry))


def _reads_both(inquiry: Inquiry, key: str, option: CliOption) -> bool:
    """Whether `cfg["key"]` is read, and the option; or `.key` of two things."""
    owners: set[str] = set()
    from_file = from_option = False
    for node in _nodes(inquiry):
        match node:
            case ast.Subscript(slice=ast.Constant(value=str(found)), ctx=ast.Load()) if found == key:
                from_file = True
            case ast.Call(func=ast.Attribute(attr="get"), args=[ast.Constant(value=str(found)), *_]) if (
                found == key
            ):
                from_file = True
            case ast.Attribute(value=ast.Name(id=owner), attr=found, ctx=ast.Load()) if found in (
                key,
                option.dest,
            ):
                owners.add(owner)
            case ast.Name(id=found, ctx=ast.Load()) if found == option.dest:
                from_option = True
    if option.is_variable:
        return from_option and (from_file or bool(owners))
    return len(owners) > 1 or (from_file and bool(owners))
