"""How far two names are apart, and which known one a name is a slip of."""

from __future__ import annotations

from collections.abc import Iterable

# Words from this length on are told apart even with two letters wrong: `comment` is no slip of `comet`.
_LONG = 10


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word of which `word` is a slip of a letter, two in a long one; None if several are."""
    most = 2 if len(word) >= _LONG else 1
    alike = [other for other in known if abs(len(other) - len(word)) <= most]
    near = sorted((distance(word, other), other) for other in alike)
    near = [(apart, other) for apart, other in near if apart <= most]
    if not near or (len(near) > 1 and near[0][0] == near[1][0]):
        return None
    return near[0][1]


def distance(one: str, other: str) -> int:
    """The fewest letters to insert, delete, replace or swap with the next that make one name the other."""
    before: list[int] = []
    row = list(range(len(other) + 1))
    for i, left in enumerate(one, 1):
        older, before, row = before, row, [i]
        for j, right in enumerate(other, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (left != right))
            if i > 1 and j > 1 and left == other[j - 2] and one[i - 2] == right:
                cost = min(cost, older[j - 2] + 1)
            row.append(cost)
    return row[-1]
