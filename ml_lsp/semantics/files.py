"""Files of a workspace that nobody vouches for: read without hanging, listed without getting lost."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pathspec import GitIgnoreSpec

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


@dataclass(frozen=True)
class _Wanted:
    """Which files a listing is after."""

    suffixes: tuple[str, ...]
    excluded: GitIgnoreSpec
    limit: int


# .gitignore files on the way to a folder, outermost first: the folder of each ("" or "a/b/"), and its rules.
_Ignores = tuple[tuple[str, GitIgnoreSpec], ...]


def workspace_files(
    root: Path, suffixes: Iterable[str], exclude: Iterable[str] = (), limit: int = LARGEST_SOURCE
) -> Iterator[Path]:
    """Yield the regular files under `root` whose names end in one of `suffixes`, folder by folder, sorted.

    Left out: what the .gitignore files of `root` and the folders under it ignore, what a pattern of `exclude`
    (gitignore syntax, relative to `root`) names, virtual environments, tools' own folders, files of more than
    `limit` bytes, and everything that is not a regular file. Symbolic links to folders are not followed, so a
    loop of links ends nowhere and nothing outside of `root` is listed.
    """
    wanted = _Wanted(tuple(suffixes), GitIgnoreSpec.from_lines(exclude), limit)
    yield from _walk(root, "", (), wanted)


def _walk(folder: Path, inside: str, ignores: _Ignores, wanted: _Wanted) -> Iterator[Path]:
    """Yield from `folder`, which is `inside` ("" or "a/b/") relative to the root."""
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: entry.name)
    except OSError:  # removed meanwhile, or not ours to read: it has no files for us
        return
    names = {entry.name for entry in entries}
    if inside and names & {"pyvenv.cfg", "conda-meta"}:
        return
    if ".gitignore" in names:
        ignores = (*ignores, (inside, _ignore_rules(folder / ".gitignore")))
    for entry in entries:
        path = inside + entry.name
        if _is_plain_folder(entry):
            if entry.name not in NEVER_LISTED and not _left_out(path + "/", ignores, wanted):
                yield from _walk(folder / entry.name, path + "/", ignores, wanted)
        elif (
            entry.name.endswith(wanted.suffixes)
            and _is_small_file(entry, wanted.limit)
            and not _left_out(path, ignores, wanted)
        ):
            yield folder / entry.name


def _ignore_rules(path: Path) -> GitIgnoreSpec:
    try:
        lines = read_text(path, 100_000).splitlines()
    except OSError:  # a .gitignore that git could not read either
        return GitIgnoreSpec([])
    return GitIgnoreSpec.from_lines(lines)


def _left_out(path: str, ignores: _Ignores, wanted: _Wanted) -> bool:
    """Whether the user excludes `path`, or the .gitignore nearest to it that speaks of it ignores it."""
    if wanted.excluded.match_file(path):
        return True
    for start, rules in reversed(ignores):
        verdict = rules.check_file(path.removeprefix(start)).include
        if verdict is not None:
            return verdict
    return False


def _is_plain_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False


def _is_small_file(entry: os.DirEntry[str], limit: int) -> bool:
    """Whether the entry, or what it links to, is a regular file of at most `limit` bytes."""
    try:
        status = entry.stat()
    except OSError:  # a dangling link, or a link to itself
        return False
    return stat.S_ISREG(status.st_mode) and status.st_size <= limit
