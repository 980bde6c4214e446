"""Which parameters are options and arguments of a command."""

from __future__ import annotations

import pytest

from ml_lsp.semantics.libraries.command_line import command_parameters
from tests.semantics.bodies import function


@pytest.mark.parametrize(
    ("parameters", "found"),
    [
        ("a: str = typer.Option(1)", [("a", "str")]),
        ("a, b=typer.Argument(...)", [("b", None)]),
        ("a: Annotated[str, 'x', typer.Option(b=1)] = '1'", [("a", "str")]),
        ("a: int = 1, *, b: list[str] = typer.Option(1), c=2", [("b", "list[str]")]),
        ("a: Annotated[str, other.Option()], b: dict[str, int] = {}", []),
        ("a=typer.style('x'), *args, **kwargs", []),
    ],
)
def test_parameters(parameters: str, found: list[tuple[str, str | None]]) -> None:
    scope = function(f"from typing import Annotated\nimport typer\n\ndef f({parameters}):\n    pass\n")
    written = [
        (p.node.arg, scope.text(p.annotation) if p.annotation else None) for p in command_parameters(scope)
    ]
    assert written == found
