"""Recurrent layers: how they were made, what runs through them, and which step of their output is read."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from ml_lsp.semantics.call import Call
from ml_lsp.semantics.classes import Class
from ml_lsp.semantics.instances import constructions
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.statements import nodes
from ml_lsp.semantics.values import Attr, Const, Display, Item, Ref, Result, Value, identity, walk

_LAYERS = frozenset({"torch.nn.RNN", "torch.nn.LSTM", "torch.nn.GRU"})
_FACTORIES = frozenset({"torch.zeros", "torch.randn", "torch.rand", "torch.ones", "torch.empty"})
_LAYOUT = frozenset({
    "transpose", "permute", "t", "swapaxes", "swapdims", "movedim", "view", "reshape", "unsqueeze",
    "squeeze", "stack", "rearrange", "pack_padded_sequence", "pack_sequence", "pad_sequence",
    "unfold", "expand", "repeat", "flip",
})  # fmt: skip


@dataclass(frozen=True, eq=False)
class Run:
    """A call of a recurrent layer: `made` is the constructor, `run` what the call returns."""

    made: Result
    run: Result

    @property
    def making(self) -> Call | None:
        """The constructor as a call."""
        site = self.made.site
        return site.scope.call_of(site.node) if site is not None else None

    @property
    def is_batch_first(self) -> bool | None:
        """Whether the layer takes the batch first; None if that cannot be told."""
        making = self.making
        if making is None or making.has_unpacking:
            return None
        given = making.argument_value(4, "batch_first")
        if given is None:
            return False
        return given.value if isinstance(given, Const) and isinstance(given.value, bool) else None

    @property
    def has_default_layout(self) -> bool:
        """Whether the constructor says nothing of the layout, so that the layer takes the sequence first."""
        making = self.making
        return making is not None and making.lacks(4, "batch_first")

    @property
    def input(self) -> Value | None:
        """What runs through the layer."""
        return self.run.argument(0, "input")

    @property
    def is_laid_out_anew(self) -> bool:
        """Whether the input's dimensions are changed on its way here."""
        given = self.input
        return given is None or any(_last_name(part) in _LAYOUT for part in walk(given))


def run_of(scope: Scope, value: Value) -> Run | None:
    """The run of a recurrent layer that a value is the result of."""
    if not isinstance(value, Result) or isinstance(value.callee, Ref):
        return None
    made = constructions(scope, value.callee)
    names = {one.callee.name for one in made if isinstance(one.callee, Ref)}
    return Run(made[0], value) if len(made) == 1 and names <= _LAYERS else None


@dataclass(frozen=True, eq=False)
class LastStep:
    """A subscript that takes the last entry of a recurrent layer's output along a dimension."""

    scope: Scope
    node: ast.Subscript
    dimension: int
    run: Run


def last_steps(own: Class) -> Iterator[LastStep]:
    """The subscripts in a class's methods that take a last entry of a recurrent output: `out[:, -1]`."""
    for method in own.methods.values():
        for node in nodes(method):
            dimension = _dimension_of_last(node) if isinstance(node, ast.Subscript) else None
            if dimension is None or not isinstance(node, ast.Subscript):
                continue
            owner = method.value(node.value)
            if isinstance(owner, Item) and owner.index == Const(0):
                run = run_of(method, owner.owner)
                if run is not None:
                    yield LastStep(method, node, dimension, run)


def _dimension_of_last(node: ast.Subscript) -> int | None:
    """0 for `[-1]` and `[-1, :, :]`, 1 for `[:, -1]` and `[:, -1, :]`; None for any other index."""
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    for dimension, part in enumerate(parts[:2]):
        if _is_last(part):
            rest = [node for node in parts[dimension + 1 :] if not _is_ellipsis(node)]
            return dimension if all(map(_is_all, (*parts[:dimension], *rest))) else None
    return None


def _is_last(node: ast.expr) -> bool:
    return isinstance(node, ast.UnaryOp) and ast.unparse(node) == "-1"


def _is_all(node: ast.expr) -> bool:
    return isinstance(node, ast.Slice) and node.lower is node.upper is node.step is None


def _is_ellipsis(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is ...


def state_batch_dimension(run: Run) -> int | None:
    """The dimension of the input from which the first state takes the size of its batch; None if unknown."""
    given = run.run.argument(1, "hx")
    states = given.items if isinstance(given, Display) else (given,)
    for state in states:
        match state:
            case Result(Ref(name), (_, size, _)) if name in _FACTORIES and run.input is not None:
                return _dimension_of(size, run.input)
    return None


def _dimension_of(size: Value, tensor: Value) -> int | None:
    match size:
        case Result(Attr(owner, "size"), (Const(int(dimension)),)):
            pass
        case Item(Attr(owner, "shape") | Result(Attr(owner, "size"), ()), Const(int(dimension))):
            pass
        case _:
            return None
    return dimension if identity(owner) == identity(tensor) else None


def _last_name(value: Value) -> str:
    match value:
        case Result(Attr(_, name)):
            return name
        case Result(Ref(name)):
            return name.rpartition(".")[2]
    return ""
