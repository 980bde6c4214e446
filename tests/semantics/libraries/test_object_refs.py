"""Where an ObjectRef is taken for its result."""

from __future__ import annotations

import pytest

from ml_lsp.semantics.libraries.object_refs import misuses
from tests.semantics.bodies import function

CODE = """
import numpy as np
import ray

@ray.remote
def g(x):
    return x

def f(x, other):
    ref = g.remote(x)
    refs = [g.remote(i) for i in x]
    EXPRESSION
"""


@pytest.mark.parametrize(
    ("written", "found"),
    [
        ("return ref + 1", ["ref"]),
        ("x += ref", ["ref"]),
        ("return ref == 0", ["ref"]),
        ("return ref == other", []),
        ("return ref is None", []),
        ("return ref in refs", []),
        ("return 1 in ref", ["ref"]),
        ("return not ref", ["ref"]),
        ("return 1 if ref else 2", ["ref"]),
        ("return ref if x else 2", []),
        ("for r in ref: pass", ["ref"]),
        ("for r in refs: print(r + 1)", ["r"]),
        ("return sum(refs)", []),
        ("return sum([g.remote(1), g.remote(2)])", ["g.remote(1)", "g.remote(2)"]),
        ("return np.mean(ref)", ["ref"]),
        ("return f'{ref}'", []),
        ("return f'a {ref}'", ["ref"]),
        ("return ref.shape, ref.hex()", ["ref"]),
        ("return {ref: 1}[ref]", []),
        ("return ref[0]", ["ref"]),
        ("return g.remote(ref), ray.get(ref)", []),
        ("ref = ray.get(ref); return ref + 1", []),
        ("if x: ref = 3\n    return ref + 1", []),
    ],
)
def test_misuses(written: str, found: list[str]) -> None:
    scope = function(CODE.replace("EXPRESSION", written))
    assert [scope.text(misuse.node) for misuse in misuses(scope, ("hex",))] == found


@pytest.mark.parametrize(
    ("written", "quiet"),
    [
        ("return ref == 0", True),
        ("if ref: pass", True),
        ("return not ref", True),
        ("return ref and x", True),
        ("return ref + 1", False),
        ("return -ref", False),
        ("return ref > 0", False),
        ("return 0 == ref < 1", False),
        ("return ref[0]", False),
        ("return np.mean(ref)", False),
    ],
)
def test_where_nothing_raises(written: str, quiet: bool) -> None:
    scope = function(CODE.replace("EXPRESSION", written), "f")
    assert [misuse.is_quiet for misuse in misuses(scope, ())] == [quiet]
