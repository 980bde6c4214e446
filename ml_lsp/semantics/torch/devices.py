"""On which device a tensor lies: what code makes is on the CPU, what a module is given is with the module."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.semantics.mentioning import scopes_mentioning
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.statements import nodes
from ml_lsp.semantics.torch.objects import is_module
from ml_lsp.semantics.types import class_of, own_class_of
from ml_lsp.semantics.values import (
    Attr,
    Const,
    Display,
    Either,
    Item,
    Op,
    Param,
    Ref,
    Result,
    Star,
    Value,
    identity,
    options,
    walk,
)

_MOVES = frozenset({"to", "cuda", "type_as", "xpu", "cpu"})
# Steps after which a tensor lies where it lay.
_STAYING = frozenset({
    "view", "reshape", "unsqueeze", "squeeze", "expand", "expand_as", "repeat", "float", "long",
    "int", "bool", "double", "half", "contiguous", "transpose", "permute", "t", "flatten", "tril",
    "triu", "clone", "detach", "requires_grad_", "log", "exp", "sqrt", "pow", "abs",
    "repeat_interleave", "flip", "masked_fill", "fill_", "normal_", "uniform_", "zero_", "sin",
    "cos", "mul", "add", "div", "sub", "type", "bernoulli_", "random_",
})  # fmt: skip
_STAYING_FUNCTIONS = frozenset(
    f"torch.{name}"
    for name in ("tril", "triu", "log", "exp", "sqrt", "sin", "cos", "abs", "unsqueeze", "squeeze")
) | {"torch.autograd.Variable"}
_ARITHMETIC = frozenset({
    "+", "-", "*", "/", "//", "%", "**", "@", "neg", "+=", "-=", "*=", "/=", "<", "<=", ">", ">=",
    "==", "!=", "&", "|",
})  # fmt: skip
_JOINS = frozenset(
    f"torch.{name}"
    for name in (
        "cat",
        "concat",
        "stack",
        "where",
        "bmm",
        "matmul",
        "mm",
        "baddbmm",
        "add",
        "mul",
        "einsum",
        "sub",
        "div",
    )
)
_LENGTHS = re.compile(r"len|size|num|count|step", re.IGNORECASE)
_DEEPEST = 10


def moves_to_a_device(inquiry: Inquiry) -> bool:
    """Whether code of the module, or of one that imports it, speaks of devices, and of no default one."""
    places = (inquiry, *inquiry.importers())
    if any(place.mentions("set_default_device") for place in places):
        return False
    words = ("cuda", "device", "LightningModule", "accelerator", "cuda:0")
    return any(place.mentions(word) for place in places for word in words)


def chooses_device(inquiry: Inquiry) -> bool:
    """Whether a module chooses between CPU and GPU when it runs, or gives each process its GPU."""
    if inquiry.mentions("set_default_device"):
        return False
    if inquiry.mentions("set_device") and inquiry.mentions("init_process_group"):
        return True
    if not (inquiry.mentions("is_available") and inquiry.mentions("cpu")):
        return False
    scopes = scopes_mentioning(inquiry, "cpu")
    return any(_is_choice(scope, node) for scope in scopes for node in scope.flow.nodes)


def _is_choice(scope: Scope, node: ast.AST) -> bool:
    """Whether one arm of an `if` or conditional expression speaks of the CPU, the other of CUDA."""
    match node:
        case ast.IfExp(body=one, orelse=other):
            arms = scope.text(one), scope.text(other)
        case ast.If(body=[*_, one], orelse=[*_, other]):
            arms = scope.text(one), scope.text(other)
        case _:
            return False
    named = {"cpu" if "cpu" in arm else "cuda" if "cuda" in arm else "" for arm in arms}
    return named == {"cpu", "cuda"}


@dataclass(frozen=True, eq=False)
class CpuTensor:
    """A tensor that lies on the CPU: what an expression makes, or what `self` keeps under a name."""

    node: ast.AST | None = None
    attribute: str = ""
    self_name: str | None = None

    def is_it(self, value: Value) -> bool:
        """Whether a value is this tensor."""
        if self.node is not None:
            return value.site is not None and value.site.node is self.node
        match value:
            case Attr(Param(name=owner), name):
                return owner == self.self_name and name == self.attribute
        return False


def meets_device_tensor(scope: Scope, made: CpuTensor) -> ast.AST | None:
    """The operation of a scope that mixes a tensor on the CPU with one of the module's."""
    for node in nodes(scope):
        sides = _sides(scope, node)
        values = [scope.value(side) for side in sides]
        if any(_holds(value, made) for value in values) and any(
            _is_with_the_module(scope, value) for value in values
        ):
            return node
        if _is_fed_to_a_layer(scope, node, made):
            return node
    return None


def _sides(scope: Scope, node: ast.AST) -> tuple[ast.expr, ...]:
    """The tensors that an operation mixes, which have to lie on one device."""
    match node:
        case ast.BinOp(left=left, right=right):
            return (left, right)
        case ast.Compare(left=left, comparators=[right]):
            return (left, right)
        case ast.AugAssign(target=ast.Name() as target, value=value):
            return (target, value)
        case ast.Call(func=ast.Attribute(value=owner, attr="masked_fill" | "masked_fill_"), args=[mask, *_]):
            return (owner, mask)
        case ast.Call(args=args) if isinstance(scope.value(node.func), Ref):
            callee = scope.value(node.func)
            if isinstance(callee, Ref) and callee.name in _JOINS:
                return tuple(_flat(args))
    return ()


def _flat(args: list[ast.expr]) -> Iterator[ast.expr]:
    for arg in args:
        if isinstance(arg, ast.List | ast.Tuple):
            yield from arg.elts
        else:
            yield arg


def _is_fed_to_a_layer(scope: Scope, node: ast.AST, made: CpuTensor) -> bool:
    """Whether a layer of torch.nn that is kept in the module gets the tensor as input or state."""
    if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
        return False
    if not any(_holds(scope.value(arg), made) for arg in _flat(node.args)):
        return False
    callee = scope.value(node.func)
    found = class_of(scope, callee)
    on_self = (
        isinstance(callee, Attr) and isinstance(callee.owner, Param) and callee.owner.name == scope.self_name
    )
    known = isinstance(found, Ref) and found.name.startswith("torch.nn.") and is_module(scope, callee)
    return on_self and known and isinstance(found, Ref) and _has_weights(found.name)


def _has_weights(name: str) -> bool:
    last = name.rpartition(".")[2]
    return last.startswith(
        ("Linear", "Conv", "Embedding", "LSTM", "GRU", "RNN", "Multihead", "Transformer", "Bilinear")
    )


def _holds(value: Value, made: CpuTensor) -> bool:
    """Whether a value is a tensor on the CPU that nobody has moved."""
    found = options(value)
    if any(_is_moved(option, made) for option in found):
        return False
    return any(_is_still(option, made, _DEEPEST) for option in found)


def _is_moved(value: Value, made: CpuTensor) -> bool:
    return any(
        isinstance(part, Result)
        and isinstance(part.callee, Attr)
        and (part.callee.name in _MOVES or _takes_over_a_type(part))
        and any(made.is_it(inner) for inner in walk(part))
        for part in walk(value)
    )


def _takes_over_a_type(call: Result) -> bool:
    """Whether `.type(...)` may name a device: `.type(other.type())`, `.type(torch.cuda.FloatTensor)`."""
    match call:
        case Result(Attr(_, "type"), (Ref(name), *_)):
            return name.startswith("torch.cuda.")
        case Result(Attr(_, "type"), (Const(str() as name), *_)):
            return "cuda" in name
        case Result(Attr(_, "type"), (_, *_)):
            return True
    return False


def _is_still(value: Value, made: CpuTensor, depth: int) -> bool:
    if made.is_it(value):
        return True
    if depth == 0:
        return False
    match value:
        case Either(found):
            return any(_is_still(option, made, depth - 1) for option in found)
        case Item(owner, _) | Star(owner):
            return _is_still(owner, made, depth - 1)
        case Result(Attr(owner, name)) if name in _STAYING:
            return _is_still(owner, made, depth - 1)
        case Result(Ref(name), (first, *_)) if name in _STAYING_FUNCTIONS:
            return _is_still(first, made, depth - 1)
        case Op(symbol, operands) if symbol in _ARITHMETIC:
            return any(_is_still(operand, made, depth - 1) for operand in operands)
        case Display("list" | "tuple", items):
            return any(_is_still(item, made, depth - 1) for item in items)
    return False


def _is_with_the_module(scope: Scope, value: Value, depth: int = _DEEPEST) -> bool:
    """Whether a value is certainly on the module's device: an input, a parameter, a layer's output."""
    if depth == 0:
        return False
    match value:
        case Either(found):
            return all(_is_with_the_module(scope, option, depth - 1) for option in found)
        case Param(name=name):
            return name != scope.self_name and not _LENGTHS.search(name) and _is_used_as_tensor(scope, value)
        case Item(owner, _):
            return _is_with_the_module(scope, owner, depth - 1)
        case Result(Attr(owner, name)) if name in _STAYING or name in (
            "matmul",
            "bmm",
            "mean",
            "sum",
            "softmax",
        ):
            return _is_with_the_module(scope, owner, depth - 1)
        case Result(callee) if _is_own_layer(scope, callee):
            return True
        case Result(Ref(name), (first, *_)) if name.startswith(("torch.nn.functional.", "torch.")):
            return not name.endswith("_like") and _is_with_the_module(scope, first, depth - 1)
        case Op(symbol, operands) if symbol in _ARITHMETIC:
            return any(_is_with_the_module(scope, operand, depth - 1) for operand in operands)
        case Attr(owner, _) if own_class_of(scope, owner) is not None:
            return class_of(scope, value) == Ref("torch.nn.Parameter")
    return False


def _is_own_layer(scope: Scope, callee: Value) -> bool:
    found = class_of(scope, callee) if isinstance(callee, Attr) else None
    return isinstance(found, Ref) and found.name.startswith("torch.nn.") and is_module(scope, callee)


def _is_used_as_tensor(scope: Scope, value: Value) -> bool:
    """Whether a parameter's annotation, or what is done with it, says that it is a tensor."""
    if class_of(scope, value) == Ref("torch.Tensor"):
        return True
    key = identity(value)
    for node in nodes(scope):
        match node:
            case ast.Attribute(
                value=ast.Name() as owner, attr="shape" | "size" | "view" | "device" | "unsqueeze" | "dim"
            ):
                if identity(scope.value(owner)) == key:
                    return True
            case ast.Call(func=func, args=[ast.Name() as first, *_]) if identity(scope.value(first)) == key:
                if _is_own_layer(scope, scope.value(func)):
                    return True
    return False
