"""Which parameters are paths of local files."""

from __future__ import annotations

import pytest

from ml_lsp.semantics.libraries.local_paths import is_only_passed, path_use
from tests.semantics.bodies import function


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("open(p)", "read"),
        ("open(p, 'w')", "written"),
        ("open(p, mode='rb')", "read"),
        ("os.path.exists(p); open(p)", "tested"),
        ("Path(p).exists()", "tested"),
        ("Path(p).mkdir()", "passed"),
        ("os.path.exists(p); os.makedirs(p, exist_ok=True)", "written"),
        ("helper(p)", "read"),
        ("print(p)", None),
        ("open(p); glob.glob(p)", None),
        ("open(p) if p.startswith('http') else 1", None),
        ("p = p + 'x'; open(p)", None),
        ("open('a', p)", None),
    ],
)
def test_uses(body: str, kind: str | None) -> None:
    head = "import glob, os\nfrom pathlib import Path\n\ndef helper(x):\n    open(x)\n\n"
    found = path_use(function(f"{head}def f(p):\n    {body}\n"), "p")
    assert (found.kind if found else None) == kind


@pytest.mark.parametrize(
    ("body", "expected"),
    [("open(p)", True), ("p + '/x'", False), ("p.strip()", False), ("p == 'x'", False), ("p[0]", False)],
)
def test_text_or_not(body: str, expected: bool) -> None:
    assert is_only_passed(function(f"def f(p):\n    {body}\n"), "p") is expected
