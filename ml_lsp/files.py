"""Which files to review: arguments to paths, without what git ignores, environments and what hides."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from ml_lsp.patterns import WildPattern, check_patterns, verdict
from ml_lsp.settings import FILE_NAMES, OWN_FILE, Settings, read_settings, settings_in
from ml_lsp.textfile import LARGEST

LANGUAGES = {
    ".py": "python",
    ".pyw": "python",
    ".ipynb": "notebook",
    ".yaml": "yaml",
    ".yml": "yaml",
    ".json": "json",
    ".toml": "toml",
}
_SKIPPED_FOLDERS = frozenset({"node_modules", "__pycache__", "__pypackages__", "site-packages"})
_LARGEST_IGNORE_FILE = 256_000  # bytes

Tune = Callable[[Settings], Settings]


@dataclass(frozen=True)
class FoundFile:
    """A file to review, with the settings that hold for it. `named`: a person named it, no walk found it."""

    path: Path
    settings: Settings
    named: bool


@dataclass(frozen=True)
class Skipped:
    """A path that is not reviewed and about which a person should know why. `named` as in FoundFile."""

    path: Path
    reason: str
    named: bool


@dataclass(frozen=True)
class _Ignores:
    """The patterns of the .gitignore in one folder."""

    folder: Path
    patterns: tuple[str, ...]


def language_of(path: Path) -> str:
    """python, notebook, yaml, json or toml, by suffix; python for any other."""
    return LANGUAGES.get(path.suffix.lower(), "python")


def find_files(
    arguments: Iterable[str], tune: Tune, *, force_exclude: bool = False
) -> Iterator[FoundFile | Skipped]:
    """The files that command-line arguments (files, folders, globs) mean, each once, folders by name.

    `tune` lays command-line options over the settings found for a folder. A file named itself is reviewed
    even where patterns exclude it, unless `force_exclude` (pre-commit names every file itself).

    Raises:
        SettingsError: if a settings file on the way is wrong.
    """
    seen: set[Path] = set()
    for argument in arguments:
        for found in _expand(argument, tune, force_exclude):
            absolute = Path.cwd() / found.path
            if absolute not in seen:
                seen.add(absolute)
                yield found


def _expand(argument: str, tune: Tune, force_exclude: bool) -> Iterator[FoundFile | Skipped]:
    path = Path(argument)
    if os.path.lexists(argument):
        yield from _named(path, tune, force_exclude)
        return
    # Path.glob refuses absolute patterns.
    matched = sorted(glob.glob(argument, recursive=True)) if glob.has_magic(argument) else []  # noqa: PTH207
    if not matched:
        yield Skipped(path, "there is no such file or folder", named=True)
    for name in matched:
        hidden = any(part.startswith(".") and part not in (".", "..") for part in Path(name).parts)
        if Path(name).is_dir() or (Path(name).suffix.lower() in LANGUAGES and not hidden):
            yield from _named(Path(name), tune, force_exclude=True)


def _named(path: Path, tune: Tune, force_exclude: bool) -> Iterator[FoundFile | Skipped]:
    settings = tune(read_settings(path))
    if path.is_dir():
        yield from _walk(_Folder(path, settings, _ignores_above(Path.cwd() / path)), tune)
    elif not force_exclude or not _excluded(Path.cwd() / path, settings, _ignores_above(Path.cwd() / path)):
        yield FoundFile(path, settings, named=True)


@dataclass(frozen=True)
class _Folder:
    """A folder on the walk with what holds in it; `ignores` from the nearest .gitignore outwards."""

    path: Path
    settings: Settings
    ignores: tuple[_Ignores, ...]


def _walk(top: _Folder, tune: Tune) -> Iterator[FoundFile | Skipped]:
    waiting = [top]  # no recursion: a hostile tree is deeper than the interpreter's stack
    while waiting:
        folder = waiting.pop()
        try:
            entries = sorted(os.scandir(folder.path), key=lambda entry: entry.name)
        except OSError as error:
            yield Skipped(folder.path, f"cannot be read: {error.strerror}", named=False)
            continue
        names = {entry.name for entry in entries}
        if names & {"pyvenv.cfg", "conda-meta"}:  # an environment: other people's code
            continue
        folder = _entered(folder, names, tune)
        # Links are not followed: they loop and lead outside.
        shown = [entry for entry in entries if not entry.name.startswith(".") and not entry.is_symlink()]
        for entry in shown:
            if entry.is_file(follow_symlinks=False):
                yield from _file(entry, folder)
        inner = [entry for entry in shown if entry.is_dir(follow_symlinks=False)]
        waiting += [item for entry in reversed(inner) for item in _subfolder(entry, folder)]


def _entered(folder: _Folder, names: set[str], tune: Tune) -> _Folder:
    """The folder with what its own .gitignore and settings file say."""
    absolute = Path.cwd() / folder.path
    settings, ignores = folder.settings, folder.ignores
    if ".gitignore" in names:
        ignores = (_read_ignores(absolute), *ignores)
    if names & set(FILE_NAMES) and settings.root != absolute:
        own = settings_in(absolute)
        settings = tune(own) if own else settings
    return _Folder(folder.path, settings, ignores)


def _file(entry: os.DirEntry[str], folder: _Folder) -> Iterator[FoundFile | Skipped]:
    path = folder.path / entry.name
    if path.suffix.lower() not in LANGUAGES or entry.name == OWN_FILE:
        return
    if _excluded(Path.cwd() / path, folder.settings, folder.ignores):
        return
    if entry.stat(follow_symlinks=False).st_size > LARGEST:
        yield Skipped(path, f"larger than {LARGEST // 1_000_000} MB", named=False)
    else:
        yield FoundFile(path, folder.settings, named=False)


def _subfolder(entry: os.DirEntry[str], folder: _Folder) -> Iterator[_Folder]:
    path = folder.path / entry.name
    if entry.name in _SKIPPED_FOLDERS:
        return
    if not _excluded(Path.cwd() / path, folder.settings, folder.ignores, folder=True):
        yield _Folder(path, folder.settings, folder.ignores)


def _excluded(path: Path, settings: Settings, ignores: tuple[_Ignores, ...], *, folder: bool = False) -> bool:
    """Whether `exclude` or, from the nearest outwards, a .gitignore leaves an absolute path out."""
    if verdict(settings.exclude, settings.root, path, folder=folder):
        return True
    for ignore in ignores:
        said = verdict(ignore.patterns, ignore.folder, path, folder=folder)
        if said is not None:
            return said
    return False


def _read_ignores(folder: Path) -> _Ignores:
    """The .gitignore of a folder, without patterns too wild to match; none where it cannot be read."""
    file = folder / ".gitignore"
    try:
        if not file.is_file() or file.stat().st_size > _LARGEST_IGNORE_FILE:
            return _Ignores(folder, ())
        lines = file.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return _Ignores(folder, ())
    return _Ignores(folder, tuple(line for line in lines if _is_tame(line)))


def _is_tame(line: str) -> bool:
    try:
        check_patterns((line,))
    except WildPattern:
        return False
    return bool(line.strip())


def _ignores_above(path: Path) -> tuple[_Ignores, ...]:
    """The .gitignore files from above `path` up to the root of its repository, nearest first."""
    found: list[_Ignores] = []
    if (path / ".git").exists():
        return ()
    for parent in path.parents:
        if (parent / ".gitignore").exists():
            found.append(_read_ignores(parent))
        if (parent / ".git").exists():
            return tuple(found)
    return ()  # not in a repository: no .gitignore from above counts
