"""Files of a workspace that nobody vouches for: read without hanging, listed without getting lost."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from ml_lsp.patterns import WildPattern, check_patterns, verdict

# The largest .py file of PyTorch, transformers and the standard library is under 1.3 MB; text above this size
# is generated or hostile, and parsing it would take longer than anybody waits.
LARGEST_SOURCE = 2_000_000

# Folders that hold other people's code or tools' own files, whatever .gitignore says.
NEVER_LISTED = frozenset(
    {
        "__pycache__", "__pypackages__", "node_modules", "site-packages", "dist-packages",
        ".git", ".hg", ".svn", ".venv", ".tox", ".nox", ".eggs", ".ipynb_checkpoints", ".virtual_documents",
        ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis",
    }
)  # fmt: skip


def read_regular(path: str | Path, limit: int = LARGEST_SOURCE) -> bytes:
    """Return the content of a regular file; never blocks on a FIFO or device.

    Raises:
        OSError: if `path` cannot be read, is not a regular file, or holds more than `limit` bytes.
    """
    # Opening a FIFO would wait for its writer unless told not to; on a regular file the flag does nothing.
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(descriptor, "rb") as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise OSError(f"{path} is not a regular file")
        if status.st_size > limit:
            raise OSError(f"{path} is larger than {limit} bytes")
        # Files under /proc say they are empty, hence a bound on what is read as well.
        content = file.read(limit + 1)
    if len(content) > limit:
        raise OSError(f"{path} is larger than {limit} bytes")
    return content


def read_text(path: str | Path, limit: int = LARGEST_SOURCE) -> str:
    """Return a regular file as UTF-8 text; bytes that are not UTF-8 become U+FFFD.

    Raises:
        OSError: as `read_regular`.
    """
    return read_regular(path, limit).decode("utf-8-sig", "replace")


# A file's modification time in ns and its size: what tells it from its earlier content.
Stamp = tuple[int, int]


def stamp(path: str | Path) -> Stamp:
    """The stamp of a file; (0, 0) if there is none."""
    try:
        status = Path(path).stat()
    except OSError:
        return 0, 0
    return status.st_mtime_ns, status.st_size


# The .gitignore files that hold in a folder, nearest first: the folder of each, and its patterns.
_Ignores = tuple[tuple[Path, tuple[str, ...]], ...]


def workspace_files(
    root: Path, suffixes: Iterable[str], exclude: Iterable[str] = (), limit: int = LARGEST_SOURCE
) -> Iterator[Path]:
    """Yield the regular files under `root` whose names end in one of `suffixes`, a folder's own files first.

    Left out: what the .gitignore files of `root` and the folders under it ignore, what a pattern of `exclude`
    (gitignore syntax, relative to `root`) names, virtual environments, tools' own folders, files of more than
    `limit` bytes, and everything that is not a regular file. Symbolic links to folders are not followed, so a
    loop of links ends nowhere and nothing outside of `root` is listed.

    Raises:
        WildPattern: if a pattern of `exclude` could take for ever to match, or is none.
    """
    wanted, excluded = tuple(suffixes), tuple(exclude)
    check_patterns(excluded)
    # No recursion: a hostile tree is deeper than the interpreter's stack.
    waiting: list[tuple[Path, _Ignores]] = [(root, ())]
    while waiting:
        folder, ignores = waiting.pop()
        entries = _entries(folder)
        names = {entry.name for entry in entries}
        if folder != root and names & {"pyvenv.cfg", "conda-meta"}:
            continue
        if ".gitignore" in names:
            ignores = ((folder, _ignore_patterns(folder / ".gitignore")), *ignores)
        for entry in entries:
            path = folder / entry.name
            is_wanted = entry.name.endswith(wanted) and _is_small_file(entry, limit)
            if is_wanted and not _left_out(path, root, excluded, ignores):
                yield path
        inner = [folder / entry.name for entry in reversed(entries) if _is_folder_to_list(entry)]
        waiting += [
            (path, ignores) for path in inner if not _left_out(path, root, excluded, ignores, folder=True)
        ]


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    """What is in a folder, by name; nothing if it was removed meanwhile or is not ours to read."""
    try:
        with os.scandir(folder) as found:
            return sorted(found, key=lambda entry: entry.name)
    except OSError:
        return []


def _ignore_patterns(path: Path) -> tuple[str, ...]:
    """The patterns of a .gitignore, without those too wild to match; none if git could not read it either."""
    try:
        lines = read_text(path, 256_000).splitlines()
    except OSError:
        return ()
    return tuple(line for line in lines if line.strip() and _is_tame(line))


def _is_tame(pattern: str) -> bool:
    try:
        check_patterns((pattern,))
    except WildPattern:
        return False
    return True


def _left_out(
    path: Path, root: Path, excluded: tuple[str, ...], ignores: _Ignores, *, folder: bool = False
) -> bool:
    """Whether the user excludes `path`, or the nearest .gitignore that speaks of it ignores it."""
    if verdict(excluded, root, path, folder=folder):
        return True
    for place, patterns in ignores:
        said = verdict(patterns, place, path, folder=folder)
        if said is not None:
            return said
    return False


def _is_folder_to_list(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.name not in NEVER_LISTED and entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _is_small_file(entry: os.DirEntry[str], limit: int) -> bool:
    """Whether the entry, or what it links to, is a regular file of at most `limit` bytes."""
    try:
        status = entry.stat()
    except OSError:  # a dangling link, or a link to itself
        return False
    return stat.S_ISREG(status.st_mode) and status.st_size <= limit
