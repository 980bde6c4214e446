"""What patterns say of a path, told without trying those that can have no say."""

from __future__ import annotations

from pathlib import Path

from hypothesis import example, given
from hypothesis import strategies as st

from ml_lsp.patterns import WildPattern, check_patterns, compiled, verdict

PATTERNS = st.lists(
    st.lists(
        st.sampled_from(["a", "b", ".py", "*", "**", "?", "/", "!", "[ab]", "[!a]", "\\", "#", " "]),
        max_size=6,
    ).map("".join),
    max_size=5,
)
PATHS = st.lists(st.sampled_from(["a", "b", "ab", "a.py", "#b", "!a", " a"]), min_size=1, max_size=4).map(
    "/".join
)


@given(PATTERNS, PATHS, st.booleans())
@example(["\\#b"], "#b", False)
@example(["a.py[!a]", "*.p[ab]"], "a.py", False)
@example(["a/", "!a"], "a/b", True)
def test_the_same_as_all_patterns_say(patterns: list[str], path: str, folder: bool) -> None:
    try:
        check_patterns(patterns)
    except WildPattern:
        return
    expected = compiled(tuple(patterns)).check_file(f"{path}/" if folder else path).include
    assert verdict(tuple(patterns), Path("/w"), Path("/w") / path, folder=folder) is expected


def test_a_path_elsewhere_is_not_spoken_of() -> None:
    assert verdict(("*.py",), Path("/w"), Path("/workspace/a.py")) is None
    assert verdict(("*.py",), Path("/"), Path("/workspace/a.py")) is True
