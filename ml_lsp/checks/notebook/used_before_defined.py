"""See rules/notebook/used-before-defined.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding, Related
from ml_lsp.semantics.notebooks.cell_order import CellOrder, Reading
from ml_lsp.semantics.notebooks.notebook import Notebook


def check(notebook: Notebook, rule: Rule) -> Iterator[Finding]:
    """Report the first reading of each name that only later cells bind."""
    order = CellOrder(notebook)
    seen: set[str] = set()
    for reading in order.early():
        if reading.name not in seen:
            seen.add(reading.name)
            yield _finding(order, reading, rule)


def _finding(order: CellOrder, reading: Reading, rule: Rule) -> Finding:
    cell, piece = order.binders[reading.name][0]
    related = []
    if piece >= 0:
        place = order.binding_span(piece, reading.name)
        related.append(Related(place, f"`{reading.name}` is defined here, in cell {cell.number}"))
    if reading.called is not None:
        related.append(Related(reading.called.first_line, f"called here, in cell {reading.called.number}"))
    span = order.span(reading.piece, reading.load.node)
    return rule.finding(span, related=related, name=reading.name, cell=cell.number)
