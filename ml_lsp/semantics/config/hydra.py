"""Hydra's words: entry points, the folder of the configuration, groups and their options, defaults lists."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from ml_lsp.semantics.config_file import ConfigFile
from ml_lsp.semantics.module import Module
from ml_lsp.semantics.project import Project, remembered, remembered_of_code
from ml_lsp.syntax.config_tree import Node
from ml_lsp.syntax.trees import own_name, tree


@dataclass(frozen=True)
class Stored:
    """A configuration that Python registers in Hydra's ConfigStore; a name of None is not written out."""

    group: str | None
    name: str | None


@dataclass(frozen=True, eq=False)
class Defaults:
    """An entry of a defaults list: the `option` of a `group`, which is written from the root or empty.

    `node` is where the option stands. Overriding and optional entries say so.
    """

    node: Node
    group: str
    option: str
    package: str | None
    is_override: bool = False
    is_optional: bool = False

    @property
    def path(self) -> str:
        """The file from the root, without suffix: `model/small`."""
        return f"{self.group}/{self.option}".strip("/")


def root_beside(module_path: Path, config_path: str) -> Path | None:
    """The folder that a `config_path` in a Python file means; None for `pkg://` and what is no plain path.

    Before version 1.1 it named the file: then its folder.
    """
    if "://" in config_path or config_path.startswith("/") or "\0" in config_path:
        return None
    meant = Path(os.path.normpath(module_path.parent / config_path))
    return meant.parent if meant.suffix in (".yaml", ".yml") else meant


def roots(project: Project) -> tuple[Path, ...]:
    """The folders in which the Hydra programs of a workspace look for configuration."""
    return remembered_of_code(project, _roots)


def _roots(project: Project) -> tuple[Path, ...]:
    found: dict[Path, None] = {}
    for module in project.modules_at(project.importing("hydra")):
        if "hydra" in module.tables.libraries:
            for text in _keyword_texts(module, "config_path"):
                root = root_beside(module.path, text)
                if root is not None:
                    found[root] = None
    return tuple(found)


def stored(project: Project) -> frozenset[Stored]:
    """What the Python of a workspace registers in the ConfigStore."""
    return remembered_of_code(project, _stored)


def _stored(project: Project) -> frozenset[Stored]:
    found: set[Stored] = set()
    for module in project.modules_at(project.importing("hydra", "hydra_zen")):
        if module.words & {"ConfigStore", "hydra_zen", "store"} and module.tables.libraries & {
            "hydra",
            "hydra_zen",
        }:
            for call in _calls(module, "store"):
                words = {word.arg: word.value for word in call.keywords}
                found.add(Stored(_text(words.get("group")), _text(words.get("name"))))
    return frozenset(found)


def has_search_path(project: Project) -> bool:
    """Whether configuration may come from elsewhere: by a search path, a plug-in, hydra-zen."""
    return remembered(project, _has_search_path)


def _has_search_path(project: Project) -> bool:
    plugged = ("SearchPathPlugin", "hydra_zen")
    if any(not module.words.isdisjoint(plugged) for module in project.modules(*plugged)):
        return True
    return any("searchpath" in config.text for config in project.configs())


# Hydra's functions that follow `_target_`, and those that find what such a name means.
_MAKERS = ("instantiate", "utils.call", "get_class", "get_method", "get_object")


def instantiates(project: Project) -> bool:
    """Whether some code may make objects of what configs name by `_target_`."""
    return bool(project.mentioning(*_MAKERS))


def files_below(root: Path | None, project: Project) -> set[str]:
    """The config files below a Hydra root, as paths from there; none without one."""
    below = (file for file in project.config_files if root is not None and file.is_relative_to(root))
    return {file.relative_to(root).as_posix() for file in below if root is not None}


def root_of(file: ConfigFile) -> Path | None:
    """The Hydra root that a config file lies under; None if there is none."""
    found = [root for root in roots(file.project) if file.path.is_relative_to(root)] if file.project else []
    return max(found, key=lambda root: len(root.parts)) if found else None


def defaults(file: ConfigFile, root: Path) -> Iterator[Defaults]:
    """The entries of a file's defaults list that name an option, `_self_` and Hydra's own groups left out."""
    listed = file.root.get("defaults") if file.root else None
    own = PurePosixPath(file.path.relative_to(root).as_posix()).parent
    for item in listed.items if listed is not None else ():
        if item.kind == "scalar" and isinstance(item.value, str) and item.value != "_self_":
            group, _, option = item.value.rpartition("/")
            yield from _entry(
                item, f"{group}/" if item.value.startswith("/") and not group else group, option, own
            )
        for entry in item.entries:
            for node in entry.value.items or (entry.value,):
                if isinstance(node.value, str):
                    yield from _entry(node, entry.key.text, node.value, own)


_WORDS = re.compile(r"(?P<words>(?:override\s+|optional\s+)*)(?P<group>[^@]*)(?:@(?P<package>.*))?\Z")


def _entry(node: Node, key: str, option: str, own: PurePosixPath) -> Iterator[Defaults]:
    found = _WORDS.match(key.strip())
    if found is None or re.search(r"\$\{|\?\?\?", key + option):
        return
    option, _, package = option.partition("@")
    words, group = found["words"].split(), found["group"].strip()
    absolute = group.startswith("/") or not own.parts or own == PurePosixPath(".")
    full = group.strip("/") if absolute else f"{own}/{group}".strip("/")
    if not full.startswith("hydra/") and full != "hydra":
        yield Defaults(
            node,
            full,
            option.removesuffix(".yaml"),
            found["package"] or package or None,
            "override" in words,
            "optional" in words,
        )


def _keyword_texts(module: Module, keyword: str) -> Iterator[str]:
    for name in ("main", "initialize", "initialize_config_dir"):
        for call in _calls(module, name):
            text = next((_text(word.value) for word in call.keywords if word.arg == keyword), None)
            if text is not None:
                yield text


def _calls(module: Module, name: str) -> Iterator[ast.Call]:
    """The calls in a module of what is called `name` at last."""
    for piece in module.pieces:
        parsed = tree(piece) if name in piece.text else None
        for node in (node for part in parsed.body for node in ast.walk(part)) if parsed else ():
            if isinstance(node, ast.Call) and own_name(node.func) == name:
                yield node


def _text(node: ast.expr | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None
