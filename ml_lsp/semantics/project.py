"""The workspace around a module: which file an imported name leads to, who imports a module, config files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path

from ml_lsp.semantics.config_file import ConfigFile
from ml_lsp.semantics.layout import Found, find_module
from ml_lsp.semantics.module import Module

_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+(\.*[\w.]*)[ \t]+import[ \t]+([^#\n(]*(?:\([^)]*\))?)|import[ \t]+([^#\n;]+))", re.M
)
_NAME = re.compile(r"(\.*[\w.]+)(?:\s+as\s+\w+)?")


def imported_names(text: str) -> tuple[str, ...]:
    """The dotted names that a file may import, read off its lines without parsing it.

    A line of a string that looks like an import is taken for one; that costs a look, nothing else.
    """
    found: dict[str, None] = {}
    for module, names, modules in _IMPORT.findall(text):
        for name in _NAME.findall(modules):
            found[name] = None
        for name in _NAME.findall(names.strip("() ")):
            found[f"{module}{name}" if module.endswith(".") else f"{module}.{name}"] = None
        if "*" in names:
            found[module] = None
    return tuple(found)


@dataclass(frozen=True, eq=False)
class Project:
    """One state of the workspace's files. A change of a file makes a new project.

    `roots`: folders that imports start from. `module_at`: the module in a file, None if it cannot be read.
    `imports_at`: the names that a file imports. `files`: the Python files of the workspace; None as long as
    they have not been listed, so that nobody can say who imports what. `config_files`: its YAML and JSON files,
    and `config_at` reads one; they hold no project themselves. `memory`: what was worked out for this state.
    """

    roots: tuple[Path, ...]
    module_at: Callable[[Path], Module | None]
    imports_at: Callable[[Path], tuple[str, ...]]
    files: tuple[Path, ...] | None = None
    config_files: tuple[Path, ...] = ()
    config_at: Callable[[Path], ConfigFile | None] = lambda path: None
    memory: dict[object, object] = field(default_factory=dict)
    _found: dict[tuple[str, Path], Found | None] = field(default_factory=dict)
    _importers: dict[Path, tuple[Path, ...]] = field(default_factory=dict)

    def renewed(self) -> Project:
        """The same project after the text of a file has changed, but none has come or gone."""
        return replace(self, memory={}, _importers={})

    def find(self, dotted: str, from_path: Path) -> Found | None:
        """The file that a dotted name leads to when `from_path` imports it, and what of the name is left."""
        key = (dotted, from_path.parent)
        if key not in self._found:
            found = find_module(dotted, from_path, self.roots)
            self._found[key] = found if found is not None and found.path != from_path else None
        return self._found[key]

    def importers(self, path: Path) -> tuple[Path, ...]:
        """The files of the workspace that import the module at `path`, in order."""
        if not self._importers and self.files:
            self._importers.update(self._all_importers(self.files))
        return self._importers.get(path, ())

    def modules(self) -> Iterator[Module]:
        """All modules of the workspace that can be read, in order."""
        for file in self.files or ():
            module = self.module_at(file)
            if module is not None:
                yield module

    def configs(self) -> Iterator[ConfigFile]:
        """All YAML and JSON files of the workspace that can be read, in order."""
        for path in self.config_files:
            config = self.config_at(path)
            if config is not None:
                yield config

    def _all_importers(self, files: tuple[Path, ...]) -> dict[Path, tuple[Path, ...]]:
        found: dict[Path, dict[Path, None]] = {}
        for file in files:
            for target in self.imports_at(file):
                there = self.find(target, file)
                if there is not None:
                    found.setdefault(there.path, {})[file] = None
        return {path: tuple(importers) for path, importers in found.items()}
