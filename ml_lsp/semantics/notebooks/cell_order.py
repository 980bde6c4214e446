"""What a notebook reads before any cell has bound it, or that no cell binds, when it is run from the top."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from ml_lsp.semantics.facts import facts
from ml_lsp.semantics.flow import Load
from ml_lsp.semantics.notebooks.cell_names import (
    PieceNames,
    is_expected_missing,
    may_not_be_read,
    piece_names,
)
from ml_lsp.semantics.notebooks.kernel import (
    brings_any,
    is_always_there,
    is_automagic,
    is_of_other_kernel,
    is_parametrised,
    is_run,
    is_to_be_filled_in,
    magic_names,
    stops,
)
from ml_lsp.semantics.notebooks.notebook import Notebook, NotebookCell
from ml_lsp.syntax.trees import tree
from ml_lsp.text import Span

_DEEPEST = 4  # functions that call each other


@dataclass(frozen=True, eq=False)
class Reading:
    """A name read where it is not there; `called` is the cell whose call runs the reading function."""

    cell: NotebookCell
    piece: int
    load: Load
    called: NotebookCell | None = None

    @property
    def name(self) -> str:
        """The name."""
        return self.load.node.id


@dataclass(frozen=True, eq=False)
class Rerun:
    """A cell that ran after a cell below it, `user`, which reads the name that it makes."""

    maker: NotebookCell
    user: NotebookCell
    name: str


@dataclass(frozen=True, eq=False)
class CellOrder:
    """The names of a notebook in the order in which its cells run."""

    notebook: Notebook

    def names(self, piece: int) -> PieceNames:
        """The names of a piece."""
        return piece_names(self.notebook.inquiry.module.pieces[piece])

    def span(self, piece: int, node: ast.AST) -> Span:
        """Where a node of a piece stands in the joined text."""
        return self.notebook.inquiry.piece_scope(piece).span(node)

    def binding_span(self, piece: int, name: str) -> Span:
        """Where a piece first binds a name; the whole piece where a function in it does."""
        scope = self.notebook.inquiry.piece_scope(piece)
        found = scope.flow.definitions.get(name, [])
        return scope.span(found[0].node if found else scope.tree.body[-1])

    @cached_property
    def binders(self) -> dict[str, list[tuple[NotebookCell, int]]]:
        """Where each name is bound, in order; what a magic may bind counts with piece -1."""
        found: dict[str, list[tuple[NotebookCell, int]]] = {}
        for cell in self.notebook.cells:
            for name in magic_names(cell):
                found.setdefault(name, []).append((cell, -1))
            for piece in cell.pieces:
                for name in self.names(piece).binds:
                    found.setdefault(name, []).append((cell, piece))
        return found

    def early(self) -> Iterator[Reading]:
        """Names that are read in one cell and bound in later ones only."""
        for cell in self.notebook.cells:
            if self._hides_names(cell):
                return
            if is_run(cell):
                for piece in cell.pieces:
                    yield from self._early_in(cell, piece)
            if stops(self.notebook, cell):
                return

    def _early_in(self, cell: NotebookCell, piece: int) -> Iterator[Reading]:
        for load in self.names(piece).reads:
            if self._is_later(load, piece, cell):
                yield Reading(cell, piece, load)
        for load in self.names(piece).reads:
            if load.node.id in self._called_in(piece):
                yield from self._early_in_function(load.node.id, cell, _DEEPEST)

    def _early_in_function(self, name: str, cell: NotebookCell, depth: int) -> Iterator[Reading]:
        """What calling a function of an earlier piece in `cell` reads too early."""
        binders = self.binders.get(name, [])
        if depth == 0 or len(binders) != 1 or binders[0][1] < 0 or binders[0][0].index > cell.index:
            return
        home, piece = binders[0]
        for load in self.names(piece).inner.get(name, ()):
            if self._is_later(load, piece, cell):
                yield Reading(home, piece, load, called=cell)
            elif load.node.id != name:
                yield from self._early_in_function(load.node.id, cell, depth - 1)

    def _called_in(self, piece: int) -> frozenset[str]:
        """The names that a piece calls as it runs, outside of branches."""
        scope = self.notebook.inquiry.piece_scope(piece)
        return frozenset(
            call.node.func.id
            for call in scope.calls
            if isinstance(call.node.func, ast.Name) and call.block is scope.flow.root
        )

    def _is_later(self, load: Load, piece: int, cell: NotebookCell) -> bool:
        """Whether a name is bound in cells behind `cell` and nowhere else."""
        binders = self.binders.get(load.node.id, [])
        later = bool(binders) and all(there.index > cell.index for there, _ in binders)
        if not later or is_always_there(load.node.id) or is_expected_missing(load):
            return False
        return not may_not_be_read(load, self.notebook.inquiry.module.pieces[piece])

    def _hides_names(self, cell: NotebookCell) -> bool:
        """Whether names may come from a cell that do not stand in it."""
        unread = any(tree(self.notebook.inquiry.module.pieces[piece]) is None for piece in cell.pieces)
        return unread or brings_any(self.notebook, cell)

    def undefined(self) -> Iterator[Reading]:
        """The first reading of each name that no cell binds; none where names may come from elsewhere."""
        notebook = self.notebook
        if is_parametrised(notebook) or is_of_other_kernel(notebook) or is_to_be_filled_in(notebook):
            return
        if any(map(self._hides_names, notebook.cells)):
            return
        seen: set[str] = set()
        for reading in self._unbound():
            if reading.name not in seen:
                seen.add(reading.name)
                yield reading

    def _unbound(self) -> Iterator[Reading]:
        """The readings of names that no cell binds, up to where a run ends."""
        for cell in self.notebook.cells:
            for piece in cell.pieces if is_run(cell) else ():
                for load in self.names(piece).reads:
                    if self._is_unbound(load, piece):
                        yield Reading(cell, piece, load)
            if stops(self.notebook, cell):
                return

    def _is_unbound(self, load: Load, piece: int) -> bool:
        name, segment = load.node.id, self.notebook.inquiry.module.pieces[piece]
        if name in self.binders or is_always_there(name) or is_automagic(load, self.notebook, piece):
            return False
        return not is_expected_missing(load) and not may_not_be_read(load, segment)

    def run_later(self) -> Iterator[Rerun]:
        """Cells whose saved execution count is higher than that of a cell below which reads a name of theirs.

        Imports do not count: they bring the same thing whenever they run. None where two cells have one count:
        a kernel counts each once, so these were saved by several, and say nothing of who ran first.
        """
        cells = [cell for cell in self.notebook.cells if cell.cell.execution_count is not None]
        if len({cell.cell.execution_count for cell in cells}) < len(cells):
            return
        for at, maker in enumerate(cells):
            for user in cells[at + 1 :]:
                if (user.cell.execution_count or 0) < (maker.cell.execution_count or 0):
                    yield from (Rerun(maker, user, name) for name in self._taken_from(maker, user))

    def _taken_from(self, maker: NotebookCell, user: NotebookCell) -> Iterator[str]:
        """The names that a cell reads and a cell above it was the last to bind, in order of the text."""
        for piece in user.pieces:
            for load in self.names(piece).reads:
                here = (user.index, piece)
                above = [one for one in self.binders.get(load.node.id, []) if (one[0].index, one[1]) < here]
                if above and above[-1][0] is maker and not self._is_import(above[-1][1], load.node.id):
                    yield load.node.id

    def _is_import(self, piece: int, name: str) -> bool:
        return piece >= 0 and name in {
            item.local for item in facts(self.notebook.inquiry.module.pieces[piece]).imports
        }
