"""Who calls a function, as far as the module shows."""

from __future__ import annotations

import pytest

from ml_lsp.semantics.callers import find_callers, sighted_callers
from tests.semantics.bodies import inquiry, scope_named

CODE = """
import torch

class Trainer:
    def save(self, path):
        torch.save(1, path)

def f(other):
    trainer = Trainer()
    trainer.save("a")
    USE
"""


@pytest.mark.parametrize(
    ("use", "seen", "possible"),
    [
        ("pass", 1, 0),
        ("torch.save(2, 'b')", 1, 0),
        ("other.save('b')", None, 1),
        ("Trainer().save('c')", 2, 0),
    ],
)
def test_a_function_of_a_library_is_no_method_of_that_name(use: str, seen: int | None, possible: int) -> None:
    scope = scope_named(inquiry(CODE.replace("USE", use)), "save")
    callers = find_callers(scope)
    assert (None if callers is None else len(callers)) == seen
    assert len(sighted_callers(scope)[1]) == possible
