"""Who imports whom among the files of a workspace: found out file by file, and kept true file by file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path


@dataclass(eq=False)
class Importers:
    """For every file of `files` those that import it; `imported` tells which files a file imports."""

    files: tuple[Path, ...]
    imported: Callable[[Path], frozenset[Path]]
    _imported: dict[Path, frozenset[Path]] = field(default_factory=dict)
    _importers: dict[Path, set[Path]] = field(default_factory=dict)

    def learn(self) -> Iterator[int]:
        """Look at the files not yet looked at; how many are done, after each. Whoever stops may go on later."""
        for file in self.files[len(self._imported) :]:
            if file not in self._imported:
                self._imported[file] = self.imported(file)
                for path in self._imported[file]:
                    self._importers.setdefault(path, set()).add(file)
            yield len(self._imported)

    def of(self, path: Path) -> tuple[Path, ...]:
        """The files that import the one at `path`, by path."""
        for _ in self.learn():
            pass
        return tuple(sorted(self._importers.get(path, ())))

    def after_change(self, changed: Path) -> Importers:
        """The same after the text of one file has changed."""
        before = self._imported.get(changed)
        if before is None:  # not yet looked at, or none of these files
            return replace(self)
        now = self.imported(changed)
        touched = {path: self._importers.get(path, set()) - {changed} for path in before | now}
        for path in now:
            touched[path].add(changed)
        imported = {**self._imported, changed: now}
        return replace(self, _imported=imported, _importers={**self._importers, **touched})
