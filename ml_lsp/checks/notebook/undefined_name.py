"""See rules/notebook/undefined-name.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.semantics.notebooks.cell_order import CellOrder
from ml_lsp.semantics.notebooks.notebook import Notebook
from ml_lsp.text import Edit, Source, Span


def check(notebook: Notebook, rule: Rule) -> Iterator[Finding]:
    """Report the first reading of each name that no cell defines."""
    order = CellOrder(notebook)
    for reading in order.undefined():
        statement = rule.data["imports"].get(reading.name, "")
        edits = _first_line(notebook, statement) if statement else ()
        span = order.span(reading.piece, reading.load.node)
        yield rule.finding(span, edits=edits, name=reading.name, statement=statement)


def _first_line(notebook: Notebook, statement: str) -> Iterator[Edit]:
    """The statement on top of the first cell that has no magics, above which a line can be put."""
    for cell in notebook.cells:
        if not cell.magics:
            newline = Source(notebook.joined.text).newline
            yield Edit(Span(cell.span.start, cell.span.start), f"{statement}{newline}")
            return
