"""Which file a module name means, and which name a file has, as Python's import system decides.

Names and files alone decide; no file is read.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
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


def resolve_module(dotted: str, from_path: Path, roots: Sequence[Path]) -> Path | None:
    """The file of the module `dotted`, imported by the file `from_path`; None if the project has none.

    `dotted` is spelled as in an import statement: "models", "zoo.net", ".models", "..data". A package is its
    `__init__.py`; a namespace package has no file. Where there is no Python file, its stub will do.
    """
    found = find_module(dotted, from_path, roots)
    return found.path if found and not found.rest else None


def find_module(dotted: str, from_path: Path, roots: Sequence[Path]) -> Found | None:
    """The file to which the longest part of `dotted` leads, as `resolve_module`; None if none does."""
    name = dotted.lstrip(".")
    parts = tuple(name.split(".")) if name else ()
    level = len(dotted) - len(name)
    if level:
        folders = _climb(from_path, level, roots)
        return _descend(folders, parts, _package(folders, parts) if folders else None)
    return _descend(_search_path(from_path, roots), parts) if parts else None


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


def _search_path(from_path: Path, roots: Sequence[Path]) -> list[Path]:
    """Where absolute imports of a file look: in a script's own folder first, in a package's own one last."""
    folder = from_path.parent
    in_package = (folder / "__init__.py").is_file()
    return list(dict.fromkeys([*roots, folder] if in_package else [folder, *roots]))


def _climb(from_path: Path, level: int, roots: Iterable[Path]) -> list[Path]:
    """The folder that `level` leading dots mean in a file; none if that is outside of all roots."""
    folder = from_path.parent
    for _ in range(level - 1):
        folder = folder.parent
    return [folder] if any(folder.is_relative_to(root) for root in roots) else []


def _descend(folders: Sequence[Path], parts: tuple[str, ...], found: Found | None = None) -> Found | None:
    """Follow `parts` from the folders of a search path or package; `found` is what there is without them."""
    if not all(part.isidentifier() for part in parts):
        return None
    for index, part in enumerate(parts):
        file = _module_file(folders, part)
        if file is not None:
            found = Found(file, parts[index + 1 :])
            if file.stem != "__init__":
                return found
            folders = [file.parent]
        else:
            folders = [folder / part for folder in folders if (folder / part).is_dir()]
            if not folders:
                return found
    return found


def _package(folders: Sequence[Path], parts: tuple[str, ...]) -> Found | None:
    """The package whose folder the dots of a relative import lead to ("from . import x")."""
    init = folders[0] / "__init__.py"
    return Found(init, parts) if len(folders) == 1 and init.is_file() else None


def _module_file(folders: Iterable[Path], name: str) -> Path | None:
    """The first package or module `name` in `folders`; a package goes before a module beside it."""
    for suffix in (".py", ".pyi"):
        for folder in folders:
            for file in (folder / name / f"__init__{suffix}", folder / f"{name}{suffix}"):
                if file.is_file():
                    return file
    return None
