"""Generators that are used up by whoever reads them first."""

from __future__ import annotations

import pytest

from ml_lsp.semantics.torch.generators import used_up
from tests.semantics.bodies import function


@pytest.mark.parametrize(
    ("made", "used", "again"),
    [
        ("model.parameters()", "list(p); sum(p)", 1),
        ("filter(None, model.parameters())", "list(p); sum(p)", 1),
        ("(q for q in model.parameters() if q)", "list(p); sum(p)", 1),
        ("list(model.parameters())", "list(p); sum(p)", 0),
        ("[q for q in model.parameters()]", "list(p); sum(p)", 0),
        ("model.parameters()", "list(p)", 0),
        ("model.parameters()", "show(p); sum(p)", 0),
        ("model.parameters()", "for _ in x: sum(p)", 1),
        ("model.parameters()", "list(p); p = x; sum(p)", 0),
        ("config.parameters()", "list(p); sum(p)", 0),
    ],
)
def test_second_reads(made: str, used: str, again: int) -> None:
    scope = function(f"def f(model, config, x, show):\n    p = {made}\n    {used}\n")
    assert len(list(used_up(scope, ()))) == again


def test_branches_do_not_use_up_what_the_other_reads() -> None:
    code = """
        def f(model, kind):
            p = model.parameters()
            if kind:
                list(p)
            else:
                sum(p)
        """
    assert not list(used_up(function(code), ()))
