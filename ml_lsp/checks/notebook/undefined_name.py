"""See rules/notebook/undefined-name.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import chain

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
        edits = _imported(notebook, statement) if statement else ()
        span = order.span(reading.piece, reading.load.node)
        yield rule.finding(span, edits=edits, name=reading.name, statement=statement)


def _imported(notebook: Notebook, statement: str) -> Iterator[Edit]:
    """The statement above the first import, else on top of the first cell without magics."""
    plain = (cell.span.start for cell in notebook.cells if not cell.magics)
    at = next(chain(_imports(notebook), plain), None)
    if at is not None:
        yield Edit(Span(at, at), f"{statement}{Source(notebook.joined.text).newline}")


def _imports(notebook: Notebook) -> Iterator[int]:
    """Where the imports at the top level start."""
    for piece in notebook.inquiry.pieces("top level"):
        scope = notebook.inquiry.piece_scope(piece)
        for node in scope.tree.body[:1]:
            if isinstance(node, ast.Import) or (
                isinstance(node, ast.ImportFrom) and node.module != "__future__"
            ):
                yield scope.span(node).start
