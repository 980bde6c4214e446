"""Layers that run over a sequence: how they were made, what runs through them, which step of it is read."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from ml_lsp.semantics.call import Call
from ml_lsp.semantics.classes import Class
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.statements import nodes
from ml_lsp.semantics.torch.instances import constructions
from ml_lsp.semantics.values import Attr, Const, Item, Ref, Result, Value, walk

_RECURRENT = frozenset({"torch.nn.RNN", "torch.nn.LSTM", "torch.nn.GRU"})
# Where a constructor takes `batch_first`.
_BATCH_FIRST = {
    **dict.fromkeys(_RECURRENT, 4),
    "torch.nn.MultiheadAttention": 8,
    "torch.nn.TransformerEncoderLayer": 6,
    "torch.nn.TransformerDecoderLayer": 6,
    "torch.nn.Transformer": 10,
}
# Stacks of a layer, which takes the layout from the layer.
_STACKS = frozenset({"torch.nn.TransformerEncoder", "torch.nn.TransformerDecoder"})
# What returns (output, state or weights).
_PAIRS = frozenset({*_RECURRENT, "torch.nn.MultiheadAttention"})
_FIRST = {**dict.fromkeys(_RECURRENT, "input"), "torch.nn.MultiheadAttention": "query"}
_LAYOUT = frozenset({
    "transpose", "permute", "t", "swapaxes", "swapdims", "movedim", "view", "reshape", "unsqueeze",
    "squeeze", "stack", "rearrange", "pack_padded_sequence", "pack_sequence", "pad_sequence",
    "unfold", "expand", "repeat", "flip",
})  # fmt: skip


@dataclass(frozen=True, eq=False)
class Run:
    """A call of a layer: `made` is the constructor that says the layout, `run` what the call returns."""

    made: Result
    run: Result

    @property
    def layer(self) -> str:
        """The dotted name of the layer."""
        return self.made.callee.name if isinstance(self.made.callee, Ref) else ""

    @property
    def is_recurrent(self) -> bool:
        """Whether a state is carried along the sequence."""
        return self.layer in _RECURRENT

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
        given = making.argument_value(_BATCH_FIRST[self.layer], "batch_first")
        if given is None:
            return False
        return given.value if isinstance(given, Const) and isinstance(given.value, bool) else None

    @property
    def has_default_layout(self) -> bool:
        """Whether the constructor says nothing of the layout, so that the layer takes the sequence first."""
        making = self.making
        return making is not None and making.lacks(_BATCH_FIRST[self.layer], "batch_first")

    @property
    def input(self) -> Value | None:
        """What runs through the layer."""
        return self.run.argument(0, _FIRST.get(self.layer, "src"))

    @property
    def is_laid_out_anew(self) -> bool:
        """Whether the input's dimensions are changed on its way here."""
        given = self.run.args if self.layer == "torch.nn.Transformer" else (self.input,)
        return any(
            one is None or any(_last_name(part) in _LAYOUT for part in walk(one))
            for one in given[:2] or (None,)
        )


def run_of(scope: Scope, value: Value) -> Run | None:
    """The run of a layer over a sequence that a value is the result of."""
    if not isinstance(value, Result) or isinstance(value.callee, Ref):
        return None
    made = _made(scope, value.callee)
    if made is not None and getattr(made.callee, "name", "") in _STACKS:
        layer = made.argument(0, "encoder_layer") or made.keyword("decoder_layer")
        made = _made(scope, layer) if layer is not None else None
    return Run(made, value) if made is not None and getattr(made.callee, "name", "") in _BATCH_FIRST else None


def _made(scope: Scope, value: Value) -> Result | None:
    made = constructions(scope, value)
    return made[0] if len(made) == 1 else None


def run_of_output(scope: Scope, value: Value) -> Run | None:
    """The run whose output a value is: what it returns, or the first of the pair that it returns."""
    first = isinstance(value, Item) and value.index == Const(0)
    run = run_of(scope, value.owner if first and isinstance(value, Item) else value)
    return run if run is not None and (run.layer in _PAIRS) == first else None


@dataclass(frozen=True, eq=False)
class Step:
    """A subscript that takes one entry of a layer's output along a dimension; `rank` indices are written."""

    scope: Scope
    node: ast.Subscript
    dimension: int
    rank: int
    run: Run


def last_steps(own: Class) -> Iterator[Step]:
    """The subscripts in a class's methods that take a last entry of a layer's output: `out[:, -1]`."""
    return _steps(own, "-1")


def first_steps(own: Class) -> Iterator[Step]:
    """The subscripts in a class's methods that take a first entry of a layer's output: `out[:, 0]`."""
    return _steps(own, "0")


def _steps(own: Class, index: str) -> Iterator[Step]:
    for method in own.methods.values():
        for node in nodes(method):
            dimension = _dimension_of(node, index) if isinstance(node, ast.Subscript) else None
            if dimension is None or not isinstance(node, ast.Subscript):
                continue
            run = run_of_output(method, method.value(node.value))
            if run is not None:
                yield Step(method, node, dimension, len(_parts(node)), run)


def _parts(node: ast.Subscript) -> list[ast.expr]:
    return node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]


def _dimension_of(node: ast.Subscript, index: str) -> int | None:
    """0 for `[-1]` and `[-1, :, :]`, 1 for `[:, -1]` and `[:, -1, :]`; None for any other index."""
    parts = _parts(node)
    for dimension, part in enumerate(parts[:2]):
        if isinstance(part, ast.UnaryOp | ast.Constant) and ast.unparse(part) == index:
            rest = [node for node in parts[dimension + 1 :] if not _is_ellipsis(node)]
            return dimension if all(map(_is_all, (*parts[:dimension], *rest))) else None
    return None


def _is_all(node: ast.expr) -> bool:
    return isinstance(node, ast.Slice) and node.lower is node.upper is node.step is None


def _is_ellipsis(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and node.value is ...


def _last_name(value: Value) -> str:
    match value:
        case Result(Attr(_, name)):
            return name
        case Result(Ref(name)):
            return name.rpartition(".")[2]
    return ""
