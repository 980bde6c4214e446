"""Which names the pieces of a notebook bind and read when its cells run in order."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import cast

from ml_lsp.semantics.facts import facts
from ml_lsp.semantics.flow import Flow, Load
from ml_lsp.semantics.module import flow_of_piece
from ml_lsp.syntax.segments import Segment
from ml_lsp.syntax.trees import tree

# Functions after whose use at the top level any name may be there.
_BRINGING_AT_TOP = frozenset({"eval", "locals", "vars"})
# The same, of text as code or of the namespace, wherever it stands.
_BRINGING = frozenset({"exec", "globals", "get_ipython"})
# Modules whose use says that names come by a back door.
_BACK_DOORS = frozenset({"__main__", "builtins", "code", "import_ipynb", "importnb"})
_CATCHING = frozenset({"NameError", "Exception", "BaseException"})


@dataclass(frozen=True, eq=False)
class PieceNames:
    """The names of one piece, at the module's level.

    `binds`: what it binds. `reads`: what it reads as it runs without having bound it. `inner`: what its
    functions read of the module's names when called, by function. `brings_any`: whether it may bind names that
    it does not spell out.
    """

    binds: frozenset[str]
    reads: tuple[Load, ...]
    inner: Mapping[str, tuple[Load, ...]]
    brings_any: bool


def piece_names(piece: Segment) -> PieceNames:
    """The names of a piece; remembered with it. Members of a class bind and read nothing here."""
    memory = piece.memory
    if piece_names not in memory:
        memory[piece_names] = _collect(piece)
    return cast(PieceNames, memory[piece_names])


def _collect(piece: Segment) -> PieceNames:
    parsed = tree(piece)
    if parsed is None:
        return PieceNames(frozenset(), (), {}, False)
    if piece.kind.in_class:
        return PieceNames(_global_names(parsed.body), (), {}, _brings_any(piece))
    flow = flow_of_piece(piece)
    inner = {
        node.name: tuple(_free(flow.flow_of(node)))
        for node in flow.functions
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    reads = tuple(load for load in flow.loads.values() if not load.definitions)
    brings = _brings_any(piece) or any(load.node.id in _BRINGING_AT_TOP for load in reads)
    return PieceNames(facts(piece).defines | _bound_deeper(parsed.body), reads, inner, brings)


def _brings_any(piece: Segment) -> bool:
    """Whether a piece imports everything, runs text as code, or reaches into the namespace by a back door."""
    found = facts(piece)
    for item in (*found.imports, *found.inner_imports):
        if item.local == "*" or item.target.partition(".")[0] in _BACK_DOORS or "get_ipython" in item.target:
            return True
    return not found.words.isdisjoint(_BRINGING) or {"modules", "__main__"} <= found.words


def _global_names(body: tuple[ast.stmt, ...]) -> frozenset[str]:
    """Names that functions bind for the module by `global`."""
    nodes = (node for statement in body for node in ast.walk(statement) if isinstance(node, ast.Global))
    return frozenset(name for node in nodes for name in node.names)


def _bound_deeper(body: tuple[ast.stmt, ...]) -> frozenset[str]:
    """Names that functions and comprehensions bind for the module: by `global`, by `:=`."""
    nodes = (node for statement in body for node in ast.walk(statement) if isinstance(node, ast.NamedExpr))
    return _global_names(body) | {node.target.id for node in nodes if isinstance(node.target, ast.Name)}


def _free(flow: Flow) -> Iterator[Load]:
    """What a function reads that neither it nor a function around it binds."""
    for load in flow.loads.values():
        if load.node.id not in flow.definitions:
            yield load
    for node in flow.functions:
        yield from (load for load in _free(flow.flow_of(node)) if load.node.id not in flow.definitions)


def is_expected_missing(load: Load) -> bool:
    """Whether the code around a name provides for it not being there: `try`, `if "name" in globals()`."""
    for block in load.block.chain():
        if isinstance(block.node, ast.Try) and block.arm == "body" and block.node.handlers:
            return True
        if isinstance(block.node, ast.With) and any(map(_is_caught, block.node.items)):
            return True
        if isinstance(block.node, ast.If):
            asked = [node.value for node in ast.walk(block.node.test) if isinstance(node, ast.Constant)]
            if load.node.id in asked:
                return True
    return False


def _is_caught(item: ast.withitem) -> bool:
    """Whether a context catches a NameError: `suppress(NameError)`, `pytest.raises(NameError)`."""
    return any(isinstance(part, ast.Name) and part.id in _CATCHING for part in ast.walk(item.context_expr))


def may_not_be_read(load: Load, piece: Segment) -> bool:
    """Whether a name may never be read: one of two arms, behind `and`, `or`, or where a literal says never."""
    for block in load.block.chain():
        if isinstance(block.node, ast.IfExp):
            return True
        test = block.node.test if isinstance(block.node, ast.If) else None
        if isinstance(test, ast.Constant) and bool(test.value) == (block.arm == "orelse"):
            return True
    parsed = tree(piece)
    nodes = (node for statement in parsed.body for node in ast.walk(statement)) if parsed is not None else ()
    later = (value for node in nodes if isinstance(node, ast.BoolOp) for value in node.values[1:])
    return any(part is load.node for value in later for part in ast.walk(value))
