"""Gitignore patterns over paths, with those refused that a hostile workspace could use to hang us."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec

# pathspec turns each `*` into a regex that backtracks: k of them in one name of n characters try n^k ways.
_MOST_STARS = 3
_MOST_DOUBLE_STARS = 3
_LONGEST = 300


class WildPattern(ValueError):
    """A pattern that is refused, because matching it could take for ever, or that is none."""


def check_patterns(patterns: Iterable[str]) -> None:
    """Raise WildPattern for the first pattern that is too wild to match safely."""
    for pattern in patterns:
        if len(pattern) > _LONGEST:
            raise WildPattern(f"a pattern of more than {_LONGEST} characters: {pattern[:40]!r}...")
        parts = pattern.split("/")
        if parts.count("**") > _MOST_DOUBLE_STARS:
            raise WildPattern(f"more than {_MOST_DOUBLE_STARS} `**` in {pattern!r}")
        if any(part.count("*") > _MOST_STARS for part in parts):
            raise WildPattern(f"more than {_MOST_STARS} `*` in one name in {pattern!r}")
    compiled(tuple(patterns))


@lru_cache(maxsize=256)
def compiled(patterns: tuple[str, ...]) -> GitIgnoreSpec:
    """The patterns ready to match.

    Raises:
        WildPattern: if one of them is no gitignore pattern.
    """
    from pathspec import GitIgnoreSpec  # late: 20 ms that most runs need not pay

    try:
        return GitIgnoreSpec.from_lines(patterns)
    except ValueError as error:
        raise WildPattern(str(error)) from error


def verdict(patterns: tuple[str, ...], root: Path, path: Path, *, folder: bool = False) -> bool | None:
    """What gitignore patterns at `root` say of an absolute path: in, out (by `!`) or nothing."""
    if not patterns:
        return None
    try:
        inside = path.relative_to(root).as_posix()
    except ValueError:
        return None
    return compiled(patterns).check_file(f"{inside}/" if folder else inside).include


def matches(patterns: tuple[str, ...], root: Path, path: Path) -> bool:
    """Whether the file at an absolute path is among those that patterns at `root` mean."""
    return verdict(patterns, root, path) is True
