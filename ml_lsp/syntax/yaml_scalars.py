"""What a YAML scalar means: by YAML 1.1 as PyYAML's safe loader reads it, and by YAML 1.2's core schema."""

from __future__ import annotations

import math
import re
from functools import lru_cache
from typing import Any

import yaml

from ml_lsp.syntax.config_tree import Value

_PREFIX = "tag:yaml.org,2002:"
# Tags whose scalars PyYAML makes values of; none of them can run code.
_SAFE = frozenset(_PREFIX + name for name in ("null", "bool", "int", "float", "timestamp", "binary", "str"))
# Nothing that long is a number anyone wrote; converting it could take long.
_LONGEST_NUMBER = 1000

_NULL_12 = re.compile(r"(?:null|Null|NULL|~|)\Z")
_BOOL_12 = re.compile(r"(?:(true|True|TRUE)|false|False|FALSE)\Z")
_INT_12 = re.compile(r"[-+]?[0-9]+\Z")
_OCTAL_12 = re.compile(r"0o[0-7]+\Z")
_HEX_12 = re.compile(r"0x[0-9a-fA-F]+\Z")
_FLOAT_12 = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?\Z")
_INFINITY_12 = re.compile(r"([-+]?)\.(?:inf|Inf|INF)\Z")
_NAN_12 = re.compile(r"\.(?:nan|NaN|NAN)\Z")

_RESOLVER: Any = yaml.resolver.Resolver()


@lru_cache(maxsize=4096)
def plain_value(text: str) -> Value:
    """What an unquoted scalar without a tag is for PyYAML: `yes` is true, `1e-3` text, `010` 8, `1:30` 90."""
    if len(text) > _LONGEST_NUMBER:
        return text
    return tagged_value(_RESOLVER.resolve(yaml.ScalarNode, text, (True, False)), text)


def tagged_value(tag: str, text: str) -> Value:
    """What a scalar with a tag is for PyYAML; its text if the tag is not a safe one or does not fit."""
    if tag not in _SAFE or (len(text) > _LONGEST_NUMBER and not tag.endswith("binary")):
        return text
    try:
        value: Value = yaml.constructor.SafeConstructor().construct_object(yaml.ScalarNode(tag, text))
    except (ValueError, KeyError, IndexError, OverflowError, yaml.YAMLError):
        # PyYAML's converters trust their patterns: `2023-02-30`, `!!int x`, `!!bool 3`, `!!int ""` end here.
        return text
    return value


@lru_cache(maxsize=4096)
def plain_value_12(text: str) -> Value:
    """What an unquoted scalar without a tag is in YAML 1.2: `yes` is text, `1e-3` a number, `0o10` 8."""
    if len(text) > _LONGEST_NUMBER:
        return text
    if _NULL_12.match(text):
        return None
    boolean = _BOOL_12.match(text)
    return boolean[1] is not None if boolean else _number_12(text)


def _number_12(text: str) -> Value:
    if _INT_12.match(text):
        return int(text)
    if _OCTAL_12.match(text) or _HEX_12.match(text):
        return int(text, 0)
    if _FLOAT_12.match(text):
        return float(text)
    infinity = _INFINITY_12.match(text)
    if infinity:
        return -math.inf if infinity[1] == "-" else math.inf
    return math.nan if _NAN_12.match(text) else text
