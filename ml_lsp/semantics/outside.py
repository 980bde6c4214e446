"""What is known of outside names by having looked at the library: the oracle's answers, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Outside:
    """One outside name. `bases`: for a class, those it derives from, nearest first. `returns`: the classes of
    what calling it may return. `classes`: for a value, the classes it may be an instance of.

    Of kind `missing`: the name surely stands for nothing, though its package is installed. `where` is the module that
    lacks it, `near` a name that is there and nearly the same, or empty."""

    kind: str
    bases: tuple[str, ...] = ()
    returns: tuple[str, ...] = ()
    classes: tuple[str, ...] = ()
    where: str = ""
    near: str = ""


Known = Mapping[str, Outside]
