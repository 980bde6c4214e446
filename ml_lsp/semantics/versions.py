"""Which version of a library the workspace uses, as far as that is known."""

from __future__ import annotations

import re
from collections.abc import Mapping

from packaging.specifiers import InvalidSpecifier, Specifier, SpecifierSet
from packaging.version import InvalidVersion, Version


def companions(versions: Mapping[str, str]) -> dict[str, str]:
    """What an exact torch says of torchvision and torchaudio, where nothing else says it, as PEP 440 specifiers.

    Their wheels each require one torch: 1.11 goes with torchvision 0.12, 2.3 with 0.18
    (https://github.com/pytorch/pytorch/wiki/PyTorch-Versions).
    """
    exact = re.fullmatch(r"(?:==)?(1|2)\.(\d+)(?:\.(?:\d+(?:\+\w+)?|\*))?", versions.get("torch", ""))
    if exact is None or (exact[1] == "1" and int(exact[2]) < 8):
        return {}
    vision = int(exact[2]) + (1 if exact[1] == "1" else 15)
    known = {"torchvision": f"==0.{vision}.*"}
    if exact[1] == "2" or int(exact[2]) > 11:
        known["torchaudio"] = f"=={exact[1]}.{exact[2]}.*"
    return {name: version for name, version in known.items() if not versions.get(name)}


def certainly_before(versions: Mapping[str, str], library: str, limit: str) -> bool:
    """Whether a library (its PyPI name) is known to be older than `limit`.

    `versions` holds an exact version ("1.9.5") or a PEP 440 specifier (">=1.8,<2") by name.
    """
    exact = _exact(versions.get(library, ""))
    if exact is not None:
        return exact < Version(limit)
    return any(_is_below(clause, Version(limit)) for clause in _clauses(versions.get(library, "")))


def certainly_from(versions: Mapping[str, str], library: str, limit: str) -> bool:
    """Whether a library is known to be at least as new as `limit`."""
    exact = _exact(versions.get(library, ""))
    if exact is not None:
        return exact >= Version(limit)
    return any(_is_from(clause, Version(limit)) for clause in _clauses(versions.get(library, "")))


def may_be_before(versions: Mapping[str, str], library: str, limit: str) -> bool:
    """Whether what is known of a library's version allows one older than `limit`; False if nothing is known."""
    stated = versions.get(library, "")
    known = _exact(stated) is not None or bool(_clauses(stated))
    return known and not certainly_from(versions, library, limit)


# What is assumed of a library of which nothing is known.
_ASSUMED = {"torch": "2.6"}


def has_reached(versions: Mapping[str, str], library: str, limit: str) -> bool:
    """Whether to judge a project by what holds for a library from `limit` on.

    Unless its version is known to be older; for a limit beyond what is assumed of an unknown version, only
    if it is known to be that new.
    """
    assumed = _ASSUMED.get(library, limit)
    if Version(limit) > Version(assumed):
        return certainly_from(versions, library, limit)
    return not certainly_before(versions, library, limit)


def _exact(stated: str) -> Version | None:
    try:
        return Version(stated)
    except InvalidVersion:
        return None


def _clauses(stated: str) -> tuple[Specifier, ...]:
    try:
        return tuple(SpecifierSet(stated))
    except InvalidSpecifier:
        return ()


def _is_below(clause: Specifier, limit: Version) -> bool:
    """Whether one clause admits nothing from `limit` on."""
    if clause.operator not in ("<", "<=", "==", "~="):
        return False
    named = Version(clause.version.removesuffix(".*"))
    if clause.operator == "<":
        return named <= limit
    if clause.operator == "~=":
        release = named.release[:-1]
        return Version(".".join(map(str, (*release[:-1], release[-1] + 1)))) <= limit
    return named < limit


def _is_from(clause: Specifier, limit: Version) -> bool:
    """Whether one clause admits nothing older than `limit`."""
    if clause.operator not in (">", ">=", "==", "~="):
        return False
    return Version(clause.version.removesuffix(".*")) >= limit
