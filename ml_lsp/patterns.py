"""Gitignore patterns over paths, with those refused that a hostile workspace could use to hang us."""

from __future__ import annotations

import os
import re
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
_NOT_LITERAL = re.compile(r"[*?!/\s]")


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


@lru_cache(maxsize=1_000)
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
    inside = _inside(root, path) if patterns else None
    if inside is None:
        return None
    telling = tuple([pattern for pattern, literal in _with_literals(patterns) if literal in inside])
    if not telling:
        return None
    return compiled(telling).check_file(f"{inside}/" if folder else inside).include


def _inside(root: Path, path: Path) -> str | None:
    """A path from a root on, with slashes; None if it is not there."""
    whole, start = str(path), os.path.join(root, "")  # noqa: PTH118  (a tenth of what relative_to takes)
    if whole.startswith(start):
        return whole[len(start) :].replace(os.sep, "/")
    return path.relative_to(root).as_posix() if path.is_relative_to(root) else None


@lru_cache(maxsize=256)
def _with_literals(patterns: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
    """Patterns, each with a text that every path holds on which it has a say: most have none on most paths."""
    return tuple((pattern, _literal(pattern)) for pattern in patterns)


def _literal(pattern: str) -> str:
    before_class = pattern.partition("[")[0]
    return max(_NOT_LITERAL.split(before_class), key=len) if "\\" not in pattern else ""


def matches(patterns: tuple[str, ...], root: Path, path: Path) -> bool:
    """Whether the file at an absolute path is among those that patterns at `root` mean."""
    return verdict(patterns, root, path) is True
