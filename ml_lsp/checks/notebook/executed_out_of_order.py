"""See rules/notebook/executed-out-of-order.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding, Related
from ml_lsp.semantics.notebooks.cell_order import CellOrder
from ml_lsp.semantics.notebooks.notebook import Notebook


def check(notebook: Notebook, rule: Rule) -> Iterator[Finding]:
    """Report the first cell that ran after a cell below it which uses what it makes."""
    rerun = next(CellOrder(notebook).run_later(), None)
    if rerun is not None:
        related = [Related(rerun.user.first_line, f"cell {rerun.user.number} used an earlier `{rerun.name}`")]
        yield rule.finding(
            rerun.maker.first_line,
            related=related,
            first=rerun.maker.number,
            second=rerun.user.number,
            name=rerun.name,
        )
