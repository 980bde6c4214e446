"""Looking into parsed TOML, YAML and JSON that may have any shape: what is not there is None or empty."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def value_at(data: Any, *keys: str) -> Any:
    """The value under `keys`, one mapping inside the other; None if the way there is not made of mappings."""
    for key in keys:
        data = data.get(key) if isinstance(data, Mapping) else None
    return data


def list_at(data: Any, *keys: str) -> list[Any]:
    """The list under `keys`; empty if there is no list."""
    found = value_at(data, *keys)
    return found if isinstance(found, list) else []


def values_at(data: Any, *keys: str) -> list[Any]:
    """The values of the mapping under `keys`; empty if there is no mapping."""
    found = value_at(data, *keys)
    return list(found.values()) if isinstance(found, Mapping) else []
