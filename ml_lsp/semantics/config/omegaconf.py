"""OmegaConf's words: which values are configurations of its own types, and what the config files say of them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass, replace

from ml_lsp.semantics.callers import find_callers
from ml_lsp.semantics.config.config_readers import config_names
from ml_lsp.semantics.config.hydra import roots
from ml_lsp.semantics.config_file import ConfigFile
from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.types import arguments_of
from ml_lsp.semantics.values import Attr, Const, Item, Param, Ref, Result, Value, options
from ml_lsp.syntax.config_tree import Node

_MAKERS = frozenset({
    "omegaconf.OmegaConf.load", "omegaconf.OmegaConf.create", "omegaconf.OmegaConf.merge",
    "omegaconf.OmegaConf.structured", "omegaconf.OmegaConf.from_cli", "omegaconf.OmegaConf.from_dotlist",
    "omegaconf.OmegaConf.unsafe_merge", "hydra.compose", "omegaconf.DictConfig",
})  # fmt: skip
_CLASSES = frozenset({"omegaconf.DictConfig", "omegaconf.dictconfig.DictConfig"})


@dataclass(frozen=True)
class ConfigPath:
    """A value read from a configuration: the keys from its root on; none for the configuration itself."""

    keys: tuple[str, ...]


def config_path(value: Value) -> ConfigPath | None:
    """Where in a configuration of OmegaConf a value is read; None if it is certainly not read from one alone."""
    found = [_path(option) for option in options(value)]
    return found[0] if all(path is not None and path == found[0] for path in found) else None


def config_part(value: Value) -> ConfigPath | None:
    """The same, also for a part of what a caller passes to a function: `cfg.gpus` of `setup(cfg)`."""
    found = config_path(value)
    keys, root = _keys(value)
    if found is not None or not keys or not isinstance(root, Param) or root.site is None:
        return found
    scope = root.site.scope
    for call in find_callers(scope) or ():
        given = arguments_of(scope, call.value).get(root) if isinstance(call.value, Result) else None
        passed = config_path(given) if given is not None else None
        if passed is not None:
            return ConfigPath((*passed.keys, *keys))
    return None


def _path(value: Value) -> ConfigPath | None:
    keys, root = _keys(value)
    return ConfigPath(keys) if _is_config(root) else None


def _keys(value: Value) -> tuple[tuple[str, ...], Value]:
    """The keys by which a value is read, and what it is read from."""
    keys: list[str] = []
    while True:
        match value:
            case Attr(owner, name):
                keys.append(name)
                value = owner
            case Item(owner, Const(str(name))):
                keys.append(name)
                value = owner
            case _:
                return tuple(reversed(keys)), value


def _is_config(value: Value) -> bool:
    match value:
        case Result(Ref(name)):
            return name in _MAKERS
        case Param(name) if value.site is not None:
            scope = value.site.scope
            annotation = scope.parameter_annotation(name)
            if isinstance(annotation, Ref) and annotation.name in _CLASSES:
                return True
            return is_hydra_main(scope) and _first_parameter(scope) == name
    return False


def is_hydra_main(scope: Scope) -> bool:
    """Whether a function is decorated by `@hydra.main(...)`."""
    return any(isinstance(mark, Result) and mark.callee == Ref("hydra.main") for mark in scope.decorators)


def _first_parameter(scope: Scope) -> str | None:
    if not isinstance(scope.node, ast.FunctionDef | ast.AsyncFunctionDef):
        return None
    found = [*scope.node.args.posonlyargs, *scope.node.args.args]
    return found[0].arg if found else None


def config_files(inquiry: Inquiry) -> Iterator[ConfigFile]:
    """The YAML files that a module may read with OmegaConf: those under a Hydra root, and those it names."""
    files, project = inquiry.configs(), inquiry.project
    if not files or project is None:
        return
    pieces = [inquiry.module.pieces[index] for index in inquiry.pieces("names files")]
    named = {text.rpartition("/")[2] for piece in pieces for text in config_names(piece)}
    folders = roots(project)
    for file in files:
        if file.language == "yaml" and (
            file.path.name in named or any(map(file.path.is_relative_to, folders))
        ):
            yield replace(file, project=project)


def nodes_at(inquiry: Inquiry, path: ConfigPath) -> list[Node]:
    """What the config files hold under the last key of a path, wherever it stands: groups may be placed anywhere."""
    key = path.keys[-1:]
    if not key:
        return []
    files = [file for file in config_files(inquiry) if key[0] in file.words]
    return [node for file in files for here, node in file.walk() if here[-1:] == key]
