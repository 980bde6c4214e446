"""Words in a text that has not been parsed: the cheap look that says which files are worth the dear one."""

from __future__ import annotations

from collections.abc import Iterable


def holds_any(text: str, words: Iterable[str]) -> bool:
    """Whether a text holds one of the words, and not as a part of a longer name or number.

    A word may have other signs in it (`train.yaml`) and around it (`"none"`).
    """
    return any(_holds(text, word) for word in words)


def _holds(text: str, word: str) -> bool:
    at = text.find(word) if word else -1
    while at >= 0:
        end = at + len(word)
        if not _joined(text[at - 1 : at], word[0]) and not _joined(word[-1], text[end : end + 1]):
            return True
        at = text.find(word, at + 1)
    return False


def _joined(left: str, right: str) -> bool:
    """Whether two neighbours belong to one name; either may be empty, at an end of the text."""
    return all(side.isalnum() or side == "_" for side in (left, right))
