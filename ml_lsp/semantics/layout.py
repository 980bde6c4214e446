"""Which file a module name means, and which name a file has, as Python's import system decides.

Names and files alone decide; no file is read.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ml_lsp.semantics.tables import list_at, value_at


@dataclass(frozen=True)
class Found:
    """A file of the project that a dotted name leads to, and what of the name is left to look up in it.

    "models.build" leads to models.py with ("build",) left; "models" to models.py with nothing left.
    """

    path: Path
    rest: tuple[str, ...]


def source_roots(workspace: Path, pyproject: Mapping[str, Any]) -> tuple[Path, ...]:
    """The folders from which the project's own modules are imported, in order.

    These are the folders that settings in `pyproject` (a parsed pyproject.toml) name, `src` where it is not
    itself a package, and the workspace. Folders outside of the workspace are not among them.
    """
    named = [Path(os.path.normpath(workspace / name)) for name in _named_roots(pyproject)]
    candidates = [*named, workspace / "src", workspace]
    roots = [root for root in candidates if root == workspace or _is_root(root, workspace)]
    return tuple(dict.fromkeys(roots))


def module_name_of(path: Path, roots: Iterable[Path]) -> str | None:
    """The dotted name under which a file is imported from the innermost of `roots` that holds it.

    None if no root holds it, or if it cannot be imported: "train-v2.py", a file that is not Python.
    """
    holding = [root for root in roots if path.is_relative_to(root)]
    if not holding or path.suffix not in (".py", ".pyi"):
        return None
    root = max(holding, key=lambda folder: len(folder.parts))
    parts = path.relative_to(root).with_suffix("").parts
    if parts[-1] == "__init__":
        parts = parts[:-1]
    return ".".join(parts) if parts and all(part.isidentifier() for part in parts) else None


@dataclass(frozen=True)
class _Inside:
    """What in a folder imports may mean, by name: Python files and stubs, and folders."""

    files: Mapping[str, Path]
    folders: Mapping[str, Path]

    def starts(self) -> Iterator[str]:
        """The names under which something here is imported."""
        yield from self.folders
        yield from (name.partition(".")[0] for name in self.files)


@dataclass(eq=False)
class Layout:
    """One state of the files that imports lead to, from `roots` on. Each folder is looked into once.

    Most imports of a project are of libraries: they are told by their first name, without a look at the disk.
    """

    roots: tuple[Path, ...]
    _inside: dict[Path, _Inside] = field(default_factory=dict)
    _places: dict[Path, tuple[tuple[Path, ...], frozenset[str]]] = field(default_factory=dict)
    _found: dict[Path, dict[str, Found | None]] = field(default_factory=dict)

    def find(self, dotted: str, from_path: Path) -> Found | None:
        """The file to which the longest part of `dotted` leads when `from_path` imports it; None if none does.

        `dotted` is spelled as in an import statement: "models", "zoo.net", ".models", "..data". A package is its
        `__init__.py`; a namespace package has no file. Where there is no Python file, its stub will do.
        """
        return next(self.find_all((dotted,), from_path))

    def find_all(self, names: Iterable[str], from_path: Path) -> Iterator[Found | None]:
        """The same for each of some names: a file's imports, of which few are of the project."""
        folder = from_path.parent
        known = self._found.setdefault(folder, {})
        _, starts = self._search_path(folder)
        for dotted in names:
            if not dotted.startswith(".") and dotted.partition(".")[0] not in starts:
                yield None
                continue
            if dotted not in known:
                known[dotted] = self._look_up(dotted, folder)
            yield known[dotted]

    def _look_up(self, dotted: str, folder: Path) -> Found | None:
        name = dotted.lstrip(".")
        parts = tuple(name.split(".")) if name else ()
        if name == dotted:
            return self._descend(self._search_path(folder)[0], parts)
        folders = _climb(folder, len(dotted) - len(name), self.roots)
        return self._descend(folders, parts, self._package(folders, parts) if folders else None)

    def _search_path(self, folder: Path) -> tuple[tuple[Path, ...], frozenset[str]]:
        """Where absolute imports of a folder's files look, and the first names that they find there.

        In a script's own folder first, in a package's own one last.
        """
        if folder not in self._places:
            in_package = "__init__.py" in self._at(folder).files
            places = tuple(dict.fromkeys([*self.roots, folder] if in_package else [folder, *self.roots]))
            starts = frozenset(name for place in places for name in self._at(place).starts())
            self._places[folder] = places, starts
        return self._places[folder]

    def _descend(
        self, folders: Sequence[Path], parts: tuple[str, ...], found: Found | None = None
    ) -> Found | None:
        """Follow `parts` from the folders of a search path or package; `found` is what there is without them."""
        if not all(part.isidentifier() for part in parts):
            return None
        for index, part in enumerate(parts):
            file = self._module_file(folders, part)
            if file is not None:
                found = Found(file, parts[index + 1 :])
                if not file.name.startswith("__init__."):
                    return found
                folders = [file.parent]
            else:
                inside = (self._at(folder).folders.get(part) for folder in folders)
                folders = [folder for folder in inside if folder is not None]
                if not folders:
                    return found
        return found

    def _package(self, folders: Sequence[Path], parts: tuple[str, ...]) -> Found | None:
        """The package whose folder the dots of a relative import lead to ("from . import x")."""
        file = self._at(folders[0]).files.get("__init__.py") if len(folders) == 1 else None
        return Found(file, parts) if file is not None else None

    def _module_file(self, folders: Iterable[Path], name: str) -> Path | None:
        """The first package or module `name` in `folders`; a package goes before a module beside it."""
        for suffix in (".py", ".pyi"):
            for folder in folders:
                inside = self._at(folder)
                package = inside.folders.get(name)
                file = self._at(package).files.get(f"__init__{suffix}") if package is not None else None
                file = file or inside.files.get(f"{name}{suffix}")
                if file is not None:
                    return file
        return None

    def _at(self, folder: Path) -> _Inside:
        if folder not in self._inside:
            self._inside[folder] = _look_into(folder)
        return self._inside[folder]


def _look_into(folder: Path) -> _Inside:
    """What is in a folder; nothing if there is none or it is not ours to read."""
    files: dict[str, Path] = {}
    folders: dict[str, Path] = {}
    try:
        with os.scandir(folder) as entries:
            for entry in entries:
                if entry.name.endswith((".py", ".pyi")) and _is(entry.is_file):
                    files[entry.name] = folder / entry.name
                elif entry.name.isidentifier() and _is(entry.is_dir):
                    folders[entry.name] = folder / entry.name
    except (OSError, ValueError):
        return _Inside({}, {})
    return _Inside(files, folders)


def _is(question: Callable[[], bool]) -> bool:
    try:
        return question()
    except OSError:  # a link to itself
        return False


def _named_roots(pyproject: Mapping[str, Any]) -> list[str]:
    """Folders that setuptools, Poetry or pytest are told to find modules in; odd settings name none."""
    setuptools = value_at(pyproject, "tool", "setuptools")
    names = [
        value_at(setuptools, "package-dir", ""),
        *list_at(setuptools, "packages", "find", "where"),
        *(value_at(package, "from") for package in list_at(pyproject, "tool", "poetry", "packages")),
        *list_at(pyproject, "tool", "pytest", "ini_options", "pythonpath"),
    ]
    return [name for name in names if isinstance(name, str) and "\0" not in name]


def _is_root(folder: Path, workspace: Path) -> bool:
    if not folder.is_dir() or (folder / "__init__.py").is_file():
        return False
    return folder.resolve().is_relative_to(workspace.resolve())


def _climb(folder: Path, level: int, roots: Iterable[Path]) -> list[Path]:
    """The folder that `level` leading dots mean in a file of a folder; none if that is outside of all roots."""
    for _ in range(level - 1):
        folder = folder.parent
    return [folder] if any(folder.is_relative_to(root) for root in roots) else []
