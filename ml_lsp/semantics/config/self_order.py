"""Values of a Hydra config that options named after `_self_` set again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ml_lsp.semantics.config.hydra import Defaults, defaults, root_of
from ml_lsp.semantics.config_file import ConfigFile
from ml_lsp.semantics.project import Project
from ml_lsp.syntax.config_tree import Node
from ml_lsp.text import Span

_PACKAGE = re.compile(r"\s*#\s*@package\s+([\w.]+)")


@dataclass(frozen=True, eq=False)
class Overridden:
    """A value of a primary config (`here`) that the option of a later entry sets again (`there`)."""

    file: ConfigFile
    own: Node
    entry: Defaults
    here: Node
    option: ConfigFile
    there: Node
    package: str

    @property
    def place(self) -> Span:
        """Where the key of the overridden value stands in the primary config."""
        assert self.here.key_span is not None, "only values of keys are compared"
        return self.here.key_span

    @property
    def key(self) -> str:
        """The key with its group: `model.hidden`."""
        return f"{self.package}.{self.file.text[self.place.start : self.place.end]}"

    @property
    def option_name(self) -> str:
        """The file that sets it again, with its folder: `model/small.yaml`."""
        return "/".join(self.option.path.parts[-2:])


def _overridden(file: ConfigFile, root: Path, project: Project) -> Iterator[Overridden]:
    """What options replace of a file right in the folder `root`."""
    own = _self(file) if "_self_" in file.words else None
    if own is None or file.root is None:
        return
    for entry in defaults(file, root):
        if entry.node.span.start < own.span.start or entry.is_override:
            continue
        option = project.config_at(root / f"{entry.path}.yaml")
        package = _package(entry, option) if option is not None and option.root is not None else None
        body = file.root.get(*package) if package else None
        if option is None or package is None or body is None:
            continue
        for path, here in body.walk():
            found = _set_by(option, path, root, project) if path else None
            if found is not None and _differ(here, found[1]):
                yield Overridden(file, own, entry, here, *found, ".".join(package))


def _package(entry: Defaults, option: ConfigFile) -> tuple[str, ...] | None:
    """The keys under which an option is placed; None where that is the root or relative to something."""
    written = _PACKAGE.match(option.text)
    package = entry.package or (written[1] if written else entry.group.replace("/", "."))
    return None if not package or "_" in (package[0], package[-1]) else tuple(package.split("."))


def _set_by(
    option: ConfigFile, path: tuple[str | int, ...], root: Path, project: Project, depth: int = 3
) -> tuple[ConfigFile, Node] | None:
    """The file and the value by which an option, or what its own defaults list, sets a key."""
    there = option.root.get(*path) if option.root is not None else None
    if there is not None or not depth:
        return (option, there) if there is not None and _is_last(option) else None
    group = option.path.relative_to(root).parent.as_posix()
    for entry in defaults(option, root):
        inner = project.config_at(root / f"{entry.path}.yaml")
        if (
            inner is None
            or entry.group != group
            or entry.package
            or entry.is_override
            or _PACKAGE.match(inner.text)
        ):
            continue
        found = _set_by(inner, path, root, project, depth - 1)
        if found is not None:
            return found
    return None


def _is_last(option: ConfigFile) -> bool:
    """Whether what a file says itself counts, and not what its defaults list names."""
    own, listed = _self(option), option.root.get("defaults") if option.root else None
    return own is None or listed is None or listed.items[-1] is own


def replaced_in(file: ConfigFile) -> Iterator[Overridden]:
    """What options replace of a file, if it is a primary config."""
    root = root_of(file)
    if root is not None and file.project is not None:
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
