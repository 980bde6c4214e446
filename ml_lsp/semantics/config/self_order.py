"""Values of a Hydra config that options named after `_self_` set again."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ml_lsp.semantics.config.hydra import Defaults, defaults, root_of
from ml_lsp.semantics.config_file import ConfigFile
from ml_lsp.semantics.project import Project
from ml_lsp.syntax.config_tree import Node
from ml_lsp.text import Span


@dataclass(frozen=True, eq=False)
class Overridden:
    """A value of a primary config (`here`) that the option of a later entry sets again (`there`)."""

    file: ConfigFile
    own: Node
    entry: Defaults
    here: Node
    option: ConfigFile
    there: Node

    @property
    def place(self) -> Span:
        """Where the key of the overridden value stands in the primary config."""
        assert self.here.key_span is not None, "only values of keys are compared"
        return self.here.key_span

    @property
    def key(self) -> str:
        """The key with its group: `model.hidden`."""
        return f"{self.entry.group.replace('/', '.')}.{self.file.text[self.place.start : self.place.end]}"

    @property
    def option_name(self) -> str:
        """The option's file below the root: `model/small.yaml`."""
        return f"{self.entry.path}.yaml"


def _overridden(file: ConfigFile, root: Path, project: Project) -> Iterator[Overridden]:
    """What options replace of a file right in the folder `root`."""
    own = _self(file)
    if own is None or file.root is None:
        return
    for entry in defaults(file, root):
        if entry.node.span.start < own.span.start or entry.is_override or entry.package:
            continue
        option = project.config_at(root / f"{entry.path}.yaml")
        body = file.root.get(*entry.group.split("/")) if entry.group else None
        if option is None or option.root is None or body is None or "@package" in option.text[:200]:
            continue
        for path, here in body.walk():
            there = option.root.get(*path) if path else None
            if there is not None and _differ(here, there):
                yield Overridden(file, own, entry, here, option, there)


def replaced_in(file: ConfigFile) -> Iterator[Overridden]:
    """What options replace of a file, if it is a primary config."""
    root = root_of(file)
    if root is not None and file.project is not None and "_self_" in file.words:
        yield from _overridden(file, root, file.project)


def replaced_by(file: ConfigFile) -> Iterator[Overridden]:
    """What a file replaces of primary configs, if it is an option."""
    root, project = root_of(file), file.project
    if root is None or project is None or file.path.parent == root:
        return
    for path in project.config_files:
        primary = project.config_at(path) if path.parent == root else None
        for found in _overridden(primary, root, project) if primary is not None else ():
            if found.option.path == file.path:
                yield found


def _self(file: ConfigFile) -> Node | None:
    """The `_self_` of a defaults list."""
    listed = file.root.get("defaults") if file.root else None
    return next((item for item in listed.items if item.value == "_self_"), None) if listed else None


def _differ(here: Node, there: Node) -> bool:
    both = here.kind == there.kind == "scalar" and here.key_span is not None and here.alias is None
    return (
        both
        and here.value != there.value
        and not ({"${", "???"} & {str(there.value)[:2], str(there.value)[:3]})
    )
