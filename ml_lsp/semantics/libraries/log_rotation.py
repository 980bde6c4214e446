"""What loguru (0.7.3) can read as the `rotation` and the `retention` of a log file."""

from __future__ import annotations

import re

_SIZE = re.compile(r"[e+\-.\d]+\s*[kmgtpezy]?i?b", re.IGNORECASE)
_PART = re.compile(r"[+-]?[\d.]+(?:e[+-]?\d+)?\s*([a-z]+)[\s,]*", re.IGNORECASE)
_UNIT = re.compile(
    r"y|years?|months?|w|weeks?|d|days?|h|hours?|min(?:ute)?s?|s|sec(?:ond)?s?|ms|milliseconds?|us|microseconds?",
    re.IGNORECASE,
)
_TIME = re.compile(
    r"(?:[01]?\d|2[0-3])(?::[0-5]?\d){0,2}(?:\.\d+)?|(?:0?[1-9]|1[0-2])(?::[0-5]?\d){0,2}\s+[ap]m", re.I
)
_DAY = re.compile(r"w[0-6]|(?:mon|tues|wednes|thurs|fri|satur|sun)day", re.IGNORECASE)
_FREQUENCIES = frozenset({"hourly", "daily", "weekly", "monthly", "yearly"})


def is_retention(text: str) -> bool:
    """Whether a text is a duration: `10 days`, `1 week, 2 days`, `2h 30min`."""
    units, at = 0, 0
    text = text.strip()
    while (part := _PART.match(text, at)) is not None:
        if not _UNIT.fullmatch(part[1]):
            return False
        units, at = units + 1, part.end()
    return units > 0 and at == len(text)


def is_rotation(text: str) -> bool:
    """Whether a text is a size, a duration, a frequency, or a day with a time: `500 MB`, `monday at 12:00`."""
    text = text.strip()
    if _SIZE.fullmatch(text) or text.lower() in _FREQUENCIES or is_retention(text):
        return True
    day, at, time = (part.strip() for part in text.lower().partition(" at "))
    if at:
        return bool(_DAY.fullmatch(day) and _TIME.fullmatch(time))
    return bool(_DAY.fullmatch(text) or _TIME.fullmatch(text))
