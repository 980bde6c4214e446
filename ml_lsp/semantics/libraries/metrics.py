"""What the name of a metric says: its words, and whether more of it is better."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from ml_lsp.semantics.values import Const, Op, Value

_WORD = re.compile(r"[A-Z]+(?=[A-Z][a-z])|\d+[a-z]+|[A-Z]?[a-z]+\d*|[A-Z]+\d*|\d+")


def metric_name(value: Value) -> str | None:
    """The name, or the end of it where only that is constant: `f"{split}/iou"` is "/iou"."""
    match value:
        case Const(str(name)):
            return name
        case Op("f-string", (*_, Const(str(end)))):
            return end
    return None


def words_of(name: str) -> tuple[str, ...]:
    """The words of a name, in small letters: "val/MulticlassAccuracy@5" is val, multiclass, accuracy, 5."""
    return tuple(word.lower() for word in _WORD.findall(name))


def better_is(name: str, known: Mapping[str, Any]) -> str | None:
    """ "max" or "min", by the last word of a metric's name; None if it cannot be told.

    `known` holds lists of words: higher, lower, ignored, negating, not_a_score, not_a_map.
    """
    words = words_of(name)
    while words and (words[-1].isdigit() or words[-1] in known["ignored"]):
        words = words[:-1]
    if not words or not set(words).isdisjoint(known["negating"]):
        return None
    *others, last = words
    if _is_in(last, known["lower"]):
        return "min"
    if last == "score" and not set(others).isdisjoint(known["not_a_score"]):
        return None
    if last == "map" and others and others[-1] in known["not_a_map"]:
        return None
    return "max" if _is_in(last, known["higher"]) else None


def _is_in(word: str, words: Collection[str]) -> bool:
    return word in words or word.rstrip("0123456789") in words
