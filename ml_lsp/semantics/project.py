"""The workspace around a module: which file an imported name leads to, and who imports a module."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from ml_lsp.semantics.facts import facts
from ml_lsp.semantics.layout import Found, find_module
from ml_lsp.semantics.module import Module


@dataclass(frozen=True, eq=False)
class Project:
    """One state of the workspace's Python files. A change of a file makes a new project.

    `roots`: folders that imports start from. `module_at`: the module in a file, None if it cannot be read.
    `files`: the Python files of the workspace; empty as long as they have not been listed.
    """

    roots: tuple[Path, ...]
    module_at: Callable[[Path], Module | None]
    files: tuple[Path, ...] = ()
    _found: dict[tuple[str, Path], Found | None] = field(default_factory=dict)
    _importers: dict[Path, tuple[Path, ...]] = field(default_factory=dict)

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
            self._importers.update(self._all_importers())
        return self._importers.get(path, ())

    def _all_importers(self) -> dict[Path, tuple[Path, ...]]:
        found: dict[Path, dict[Path, None]] = {}
        for file in self.files:
            module = self.module_at(file)
            for target in _targets(module) if module is not None else ():
                there = self.find(target, file)
                if there is not None:
                    found.setdefault(there.path, {})[file] = None
        return {path: tuple(files) for path, files in found.items()}


def _targets(module: Module) -> Iterator[str]:
    for piece in module.pieces:
        known = facts(piece)
        for item in (*known.imports, *known.inner_imports):
            yield item.target.removesuffix(".*")
