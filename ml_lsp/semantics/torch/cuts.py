"""Where the way from a loss back to the model ends: at something that carries the graph, or at a cut."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.torch.objects import is_loader_name, is_model_name, is_module, last_name
from ml_lsp.semantics.types import class_of
from ml_lsp.semantics.values import (
    Attr,
    Const,
    Display,
    Either,
    Element,
    Item,
    Op,
    Param,
    Ref,
    Result,
    Star,
    Value,
    identity,
    walk,
)

_CUT_METHODS = frozenset({
    "item", "tolist", "numpy", "detach", "argmax", "argmin", "argsort", "long", "int", "bool",
    "byte", "short", "eq", "ne", "lt", "gt", "le", "ge", "round", "floor", "ceil", "sign",
    "nonzero",
})  # fmt: skip
_CUT_FUNCTIONS = frozenset({
    "builtins.float", "builtins.int", "builtins.round", "torch.tensor", "torch.Tensor",
    "torch.FloatTensor", "torch.DoubleTensor", "torch.cuda.FloatTensor", "torch.from_numpy",
    "torch.argmax", "torch.argmin", "torch.argsort", "torch.round", "torch.floor", "torch.ceil",
    "torch.sign", "torch.eq", "torch.ne", "torch.lt", "torch.gt", "torch.le", "torch.ge",
})  # fmt: skip
_CONVERSIONS = frozenset({"torch.as_tensor", "torch.asarray"})
_SUMS = frozenset({"builtins.sum", "builtins.max", "builtins.min", "torch.autograd.Variable"})
_COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">="})
_ARITHMETIC = frozenset({
    "+", "-", "*", "/", "**", "@", "neg", "pos", "+=", "-=", "*=", "/=", "**=", "@=", "//", "//=",
})  # fmt: skip
# Methods of tensors that hand on the graph. What is not listed may be a method of anything.
PASSING_METHODS = frozenset({
    "mean", "sum", "view", "reshape", "float", "double", "half", "to", "cuda", "cpu", "type",
    "type_as", "squeeze", "unsqueeze", "clone", "pow", "abs", "log", "exp", "sqrt", "square", "add",
    "sub", "mul", "div", "mm", "matmul", "requires_grad_", "contiguous", "flatten", "transpose",
    "permute", "t", "clamp", "clip", "norm", "std", "var", "max", "min", "expand", "repeat",
    "softmax", "sigmoid", "log_softmax", "tanh", "relu", "neg", "gather", "masked_select",
    "masked_fill", "backward",
})  # fmt: skip
_FACTORIES = re.compile(
    r"torch\.(?:zeros|ones|full|empty|arange|linspace|eye|randn?|randint|randperm)(?:_like)?\Z"
)
_TARGET = re.compile(r"(?:^|_)(?:y|target|label|gt|truth|answer)s?(?:_|\d|\Z)", re.IGNORECASE)
_CRITERION = re.compile(r"(?:^|_)(?:criterion|loss_?(?:fn|func|function))(?:_|\d|\Z)", re.IGNORECASE)
_DEEPEST = 30


@dataclass(frozen=True, eq=False)
class Cut:
    """An operation that leaves the graph behind; `inputs` are what it is applied to."""

    value: Value
    inputs: tuple[Value, ...]


def cuts(scope: Scope, loss: Value) -> list[Cut]:
    """The cuts between a loss and the model; none if some way from the loss may be whole."""
    found: list[Cut] = []
    for end in _ends(scope, loss, _DEEPEST):
        if not isinstance(end, Cut):
            return []
        found.append(end)
    return [cut for cut in found if any(_depends_on_model(scope, value) for value in cut.inputs)]


def _ends(scope: Scope, value: Value, depth: int) -> Iterator[Cut | Value]:
    """Where the ways from a value end: cuts, and values that may carry the graph."""
    match value:
        case Const() | Ref():
            return
        case Op(symbol, operands) if symbol in _COMPARISONS:
            yield Cut(value, operands)
        case Attr(owner, "data"):
            yield Cut(value, (owner,))
        case Param(name=name) if _TARGET.search(name):
            return
        case Element(of) if is_loader_name(last_name(of)):
            return
        case Result():
            yield from _ends_of_call(scope, value, depth)
        case _:
            inner = _inner(value)
            yield from (value,) if inner is None or depth == 0 else _all(scope, inner, depth)


def _all(scope: Scope, values: tuple[Value, ...], depth: int) -> Iterator[Cut | Value]:
    for value in values:
        yield from _ends(scope, value, depth - 1)


def _inner(value: Value) -> tuple[Value, ...] | None:
    """What a value is computed from; None for one that has to be taken as it is."""
    match value:
        case Op(symbol, operands) if symbol in _ARITHMETIC:
            return operands
        case Either(found):
            return found
        case Item(owner, _) | Star(owner):
            return (owner,)
        case Attr(owner, "T" | "mT" | "values"):
            return (owner,)
        case Display("list" | "tuple" | "comprehension", items):
            return (*items, *_appended(value))
    return None


def _appended(container: Value) -> tuple[Value, ...]:
    """What is appended to a list in the code that makes it."""
    if container.site is None:
        return ()
    scope = container.site.scope
    return tuple(
        scope.value(call.node.args[0])
        for call in scope.calls
        if call.method == "append" and len(call.node.args) == 1 and call.receiver is not None
        if identity(call.receiver) == identity(container)
    )


def _ends_of_call(scope: Scope, value: Result, depth: int) -> Iterator[Cut | Value]:
    given = (*value.args, *(item for key, item in value.keywords if key not in ("requires_grad", "device")))
    name = value.callee.name if isinstance(value.callee, Ref) else ""
    if depth == 0 or _makes_leaf(value, name):
        yield value
    elif _copies(name, given):
        yield Cut(value, given)
    elif name.startswith(("torch.nn.functional.", "torch.")) or name in _SUMS:
        if not _FACTORIES.match(name):
            yield from _all(scope, given, depth) if _is_function(name) else (value,)
    elif _is_criterion(scope, value.callee):
        yield from _all(scope, given, depth)
    else:
        yield from _ends_of_method(scope, value, given, depth)


def _copies(name: str, given: tuple[Value, ...]) -> bool:
    """Whether a function makes a new tensor or number of what it is given."""
    if name in _CONVERSIONS:
        return bool(given) and isinstance(given[0], Display)
    return name in _CUT_FUNCTIONS or name.startswith("numpy.")


def _makes_leaf(value: Result, name: str) -> bool:
    """Whether a call makes a new tensor to be optimised, out of nothing."""
    return bool(_FACTORIES.match(name)) and value.keyword("requires_grad") not in (None, Const(False))


def _is_function(name: str) -> bool:
    return name.count(".") == 1 or name.startswith("torch.nn.functional.") or name in _SUMS


def _ends_of_method(
    scope: Scope, value: Result, given: tuple[Value, ...], depth: int
) -> Iterator[Cut | Value]:
    match value.callee:
        case Attr(owner, name) if name in _CUT_METHODS and not is_module(scope, owner):
            yield Cut(value, (owner,))
        case Attr(owner, name) if name in PASSING_METHODS and not is_module(scope, owner):
            yield from _all(scope, (owner, *given), depth)
        case _:
            yield value


def _is_criterion(scope: Scope, callee: Value) -> bool:
    found = class_of(scope, callee)
    if found is not None:
        return isinstance(found, Ref) and found.name.startswith("torch.nn.") and found.name.endswith("Loss")
    if isinstance(callee, Attr) and is_model_name(last_name(callee.owner)):
        return False  # a method of the model may run its weights on what it is given
    return bool(_CRITERION.search(last_name(callee)))


def _depends_on_model(scope: Scope, value: Value) -> bool:
    """Whether a value is computed by calling a module, or a criterion on what one returned."""
    everything = [value, *(item for part in walk(value) for item in _grown(part))]
    return any(
        isinstance(part, Result) and (is_module(scope, part.callee) or is_model_name(last_name(part.callee)))
        for one in everything
        for part in walk(one)
    )


def _grown(value: Value) -> tuple[Value, ...]:
    return _appended(value) if isinstance(value, Display) and value.kind == "list" else ()


def stacked(scope: Scope, cut: Cut) -> ast.expr | None:
    """The list of tensors that a cut makes a new tensor of, where stacking them would keep the graph."""
    value = cut.value
    if not isinstance(value, Result) or value.callee != Ref("torch.tensor") or len(value.args) != 1:
        return None
    site, given = value.site, value.args[0]
    options = {key for key, _ in value.keywords}
    if site is None or not isinstance(site.node, ast.Call) or not options <= {"requires_grad"}:
        return None
    items = (*given.items, *_appended(given)) if isinstance(given, Display) else ()
    whole = all(not isinstance(end, Cut) for item in items for end in _ends(scope, item, _DEEPEST))
    tensors = all(isinstance(item, Result | Op) for item in items)
    return site.node.args[0] if items and whole and tensors else None
