"""Which names the pieces of a notebook bind and read when its cells run in order, and what IPython brings."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from ml_lsp.semantics.facts import facts
from ml_lsp.semantics.flow import Flow, Load
from ml_lsp.semantics.module import flow_of_piece
from ml_lsp.semantics.notebooks.notebook import Notebook, NotebookCell
from ml_lsp.syntax.magics import PYTHON_CELL_MAGICS
from ml_lsp.syntax.segments import Segment
from ml_lsp.syntax.trees import tree

_ALWAYS_THERE = frozenset(dir(builtins)) | {"get_ipython", "In", "Out", "display", "exit", "quit"}
# Databricks' notebooks start with these.
_HOSTED = frozenset({"dbutils", "spark", "sc", "sqlContext", "sql", "displayHTML", "table"})
# Calls after which any name may be there.
_BRINGING_CALLS = frozenset({"exec", "eval", "globals", "locals", "vars", "get_ipython"})
# Magics after which any name may be there: what they run is not in the notebook.
_BRINGING_MAGICS = frozenset({"run", "load", "loadpy", "pylab", "store", "recall", "rerun", "macro", "edit"})
# Magics that give no name to later cells; of any other one, each word may be a name that it binds.
_QUIET_MAGICS = PYTHON_CELL_MAGICS - {"capture"} | {
    "pip", "conda", "mamba", "uv", "matplotlib", "config", "env", "set_env", "cd", "ls", "pwd", "load_ext",
    "reload_ext", "autoreload", "tensorboard", "bash", "sh", "script", "html", "HTML", "latex", "markdown",
    "javascript", "js", "svg", "writefile", "file", "system", "sx", "python", "python2", "python3", "pypy",
    "perl", "ruby", "watermark", "aimport", "who", "whos", "reset", "precision", "cat", "mkdir", "rm", "cp",
    "mv", "colors", "logstart", "prun", "timeit", "time", "pinfo", "psource", "pdb", "xmode",
}  # fmt: skip
_NAME = re.compile(r"[^\W\d]\w*")


@dataclass(frozen=True, eq=False)
class PieceNames:
    """The names of one piece, at the module's level.

    `binds`: what it binds. `reads`: what it reads as it runs without having bound it. `inner`: what its
    functions read of the module's names when called, by function. `stars`: whether it imports everything.
    """

    binds: frozenset[str]
    reads: tuple[Load, ...]
    inner: Mapping[str, tuple[Load, ...]]
    stars: bool

    @property
    def brings_any(self) -> bool:
        """Whether it may bind names that it does not spell out."""
        return self.stars or any(load.node.id in _BRINGING_CALLS for load in self.reads)


def piece_names(piece: Segment) -> PieceNames:
    """The names of a piece; remembered with it. Members of a class bind and read nothing here."""
    memory = piece.memory
    if piece_names not in memory:
        memory[piece_names] = _collect(piece)
    return cast(PieceNames, memory[piece_names])


def _collect(piece: Segment) -> PieceNames:
    parsed = tree(piece)
    if parsed is None or piece.kind.in_class:
        return PieceNames(frozenset(), (), {}, False)
    flow = flow_of_piece(piece)
    inner = {
        node.name: tuple(_free(flow.flow_of(node)))
        for node in flow.functions
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    stars = any(item.local == "*" for item in facts(piece).imports)
    reads = tuple(load for load in flow.loads.values() if not load.definitions)
    return PieceNames(facts(piece).defines | _bound_deeper(parsed.body), reads, inner, stars)


def _bound_deeper(body: tuple[ast.stmt, ...]) -> frozenset[str]:
    """Names that functions and comprehensions bind for the module: by `global`, by `:=`."""
    found: set[str] = set()
    for statement in body:
        for node in ast.walk(statement):
            if isinstance(node, ast.Global):
                found.update(node.names)
            elif isinstance(node, ast.NamedExpr) and isinstance(node.target, ast.Name):
                found.add(node.target.id)
    return frozenset(found)


def _free(flow: Flow) -> Iterator[Load]:
    """What a function reads that neither it nor a function around it binds."""
    for load in flow.loads.values():
        if load.node.id not in flow.definitions:
            yield load
    for node in flow.functions:
        yield from (load for load in _free(flow.flow_of(node)) if load.node.id not in flow.definitions)


def is_always_there(name: str) -> bool:
    """Whether a name is there without any cell: Python's, IPython's, a hosted notebook's."""
    return name in _ALWAYS_THERE or name in _HOSTED or name.startswith("_")


def brings_any(notebook: Notebook, cell: NotebookCell) -> bool:
    """Whether any name may be there once a cell has run: it runs other files, or text as code."""
    if any(magic.name.strip("%!") in _BRINGING_MAGICS for magic in cell.magics):
        return True
    return any(piece_names(notebook.inquiry.module.pieces[piece]).brings_any for piece in cell.pieces)


def magic_names(cell: NotebookCell) -> frozenset[str]:
    """Names that the magics of a cell may bind."""
    found: set[str] = set()
    for magic in cell.magics:
        name = magic.name
        if name.startswith("%") and name.strip("%") not in _QUIET_MAGICS:
            found.update(_NAME.findall(magic.text))
    return frozenset(found)


def is_expected_missing(load: Load) -> bool:
    """Whether the code around a name provides for it not being there: `try`, `if "name" in globals()`."""
    for block in load.block.chain():
        if isinstance(block.node, ast.Try) and block.arm == "body" and block.node.handlers:
            return True
        if isinstance(block.node, ast.If):
            asked = [node.value for node in ast.walk(block.node.test) if isinstance(node, ast.Constant)]
            if load.node.id in asked:
                return True
    return False
