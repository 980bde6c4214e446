"""Autograd: which tensors are leaves that require grad, and which hang on the graph."""

from __future__ import annotations

import ast

from ml_lsp.semantics import library
from ml_lsp.semantics.conditions import conditions_of
from ml_lsp.semantics.flow import Block
from ml_lsp.semantics.mentioning import scopes_mentioning
from ml_lsp.semantics.reach import callers
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.torch.instances import constructions
from ml_lsp.semantics.torch.modules import has_state
from ml_lsp.semantics.torch.objects import enclosing_class, grad_is_off, is_module, written_name
from ml_lsp.semantics.torch.writes import Write
from ml_lsp.semantics.types import own_class_of
from ml_lsp.semantics.values import (
    Attr,
    Const,
    Either,
    Element,
    Item,
    Op,
    Ref,
    Result,
    Value,
    identity,
    options,
)

_FACTORIES = frozenset(
    f"torch.{name}"
    for name in (
        "tensor", "randn", "rand", "zeros", "ones", "empty", "full", "eye", "arange", "linspace", "logspace",
        "randn_like", "rand_like", "zeros_like", "ones_like", "empty_like", "full_like", "normal",
        "as_tensor", "autograd.Variable", "from_numpy", "randint", "randperm", "Tensor", "FloatTensor",
    )
)  # fmt: skip
# What does not hand on gradients.
_CUTS = frozenset({
    "detach", "item", "tolist", "numpy", "argmax", "argmin", "argsort", "size", "dim", "numel", "long", "int",
    "bool", "eq", "ne", "lt", "gt", "le", "ge", "sign", "round", "floor", "ceil", "nonzero", "multinomial",
    "zeros_like", "ones_like", "rand_like", "randn_like", "empty_like", "full_like", "isnan", "isinf",
    "bernoulli", "no_grad", "new_zeros", "new_ones", "new_tensor", "new_full", "new_empty",
    "logical_not", "logical_and",
})  # fmt: skip
_ARITHMETIC = frozenset({"+", "-", "*", "/", "**", "@", "neg", "+=", "-=", "*=", "/=", "**=", "@="})


# ------------------------------------------------------------------------------------------------- leaves


def is_leaf_with_grad(write: Write) -> bool:
    """Whether what is written into is certainly a leaf that requires grad at that moment."""
    value = write.value
    found = [option for option in options(value) if option.site is None or option.site.node is not write.node]
    return (
        bool(found)
        and all(_is_made_with_grad(write.scope, option) or _is_switched_on(write, option) for option in found)
        and not _is_asked_first(write)
    )


def _is_asked_first(write: Write) -> bool:
    """Whether code asks before a write whether it may be one: for grad mode, for `requires_grad`, for the type.

    `if isinstance(x, nn.Parameter): ... else: <here>`, `if x.requires_grad: return`, `if not x.is_leaf: <here>`.
    """
    scope = write.scope
    text = f"isinstance({scope.text(write.root)}, "
    return any(
        (not found.holds and scope.text(found.test).startswith(text)) or _asks_for_grad(found.test)
        for found in conditions_of(scope, write.block, write.node)
    )


def _asks_for_grad(test: ast.expr) -> bool:
    return any(written_name(part) in _ASKED for part in ast.walk(test) if isinstance(part, ast.expr))


def is_parameter(scope: Scope, value: Value, depth: int = 8) -> bool:
    """Whether a value is certainly a parameter of a module; attributes are followed `depth` steps far."""
    if depth == 0:
        return False  # an attribute that is set to itself, to annotate it
    match value:
        case Result(Ref("torch.nn.Parameter")):
            return value.argument(1, "requires_grad") in (None, Const(True))
        case Attr(owner, name):
            own = own_class_of(scope, owner)
            assigned = own.attribute_values(name) if own is not None and own.is_a(library.MODULE) else ()
            known = bool(assigned) and all(is_parameter(scope, one, depth - 1) for one in assigned)
            return known and own is not None and not any(map(_mentions_freezing, (scope, own.scope)))
        case Element(Result(Attr(owner, "parameters"))):
            return is_module(scope, owner) and not _mentions_freezing(scope)
        case Item(Element(Result(Attr(owner, "named_parameters"))), Const(1)):
            return is_module(scope, owner) and not _mentions_freezing(scope)
    return False


def _mentions_freezing(scope: Scope) -> bool:
    """Whether the file says which parameters require grad, so that one may not."""
    return bool(scope.inquiry.mentions("requires_grad_")) or any(
        _sets_requires_grad(other) for other in scopes_mentioning(scope.inquiry, "requires_grad")
    )


def _sets_requires_grad(scope: Scope) -> bool:
    return any(
        isinstance(event.node, ast.Attribute) and event.node.attr == "requires_grad"
        for event in scope.flow.events
        if event.kind == "store"
    )


def _is_made_with_grad(scope: Scope, value: Value) -> bool:
    match value:
        case Result(Ref(name)) if name in _FACTORIES:
            return value.keyword("requires_grad") == Const(True)
        case Result(Attr(owner, "requires_grad_"), args, keywords):
            given = [*args, *(item for _, item in keywords)]
            return given in ([], [Const(True)]) and _is_off_graph(owner)
    return is_parameter(scope, value)


def _is_off_graph(value: Value) -> bool:
    """Whether a tensor was certainly computed from nothing that requires grad."""
    return _all_plain(value, {})


def _all_plain(value: Value, seen: dict[int, bool]) -> bool:
    if id(value) not in seen:
        seen[id(value)] = False
        match value:
            case Const() | Result(Attr(_, "detach")):
                plain = True
            case Result(Ref(name)) if name in _FACTORIES:
                plain = value.keyword("requires_grad") in (None, Const(False))
            case Result(Attr(owner, _), args):
                plain = all(_all_plain(part, seen) for part in (owner, *args))
            case Op(symbol, operands) if symbol in _ARITHMETIC:
                plain = all(_all_plain(operand, seen) for operand in operands)
            case _:
                plain = False
        seen[id(value)] = plain
    return seen[id(value)]


_SWITCHES = frozenset({"requires_grad", "requires_grad_"})
# What tells a tensor that may be written into from one that may not.
_ASKED = frozenset({"requires_grad", "is_leaf", "grad_fn", "is_grad_enabled", "is_inference_mode_enabled"})


def _is_switched_on(write: Write, value: Value) -> bool:
    """Whether `x.requires_grad = True` or `x.requires_grad_()` certainly ran before a write into x."""
    if not _is_off_graph(value):
        return False
    for scope in write.scope.together():
        if _SWITCHES.isdisjoint(scope.words):
            continue
        for event in scope.flow.events:
            before = (scope.piece, event.order) < (write.scope.piece, write.order)
            always = (scope is not write.scope and event.block.parent is None) or write.block.inside(
                event.block
            )
            if before and always and identity(_switched_on(scope, event.node)) == identity(value):
                return True
    return False


def _switched_on(scope: Scope, node: ast.AST) -> Value:
    statement: ast.stmt | None
    match node:
        case ast.Attribute(value=tensor, attr="requires_grad"):
            statement = scope.statement_of(node)
            if isinstance(statement, ast.Assign) and scope.value(statement.value) == Const(True):
                return scope.value(tensor)
        case ast.Call(func=ast.Attribute(value=tensor, attr="requires_grad_"), args=[], keywords=[]):
            return scope.value(tensor)
    return Const(None)


# -------------------------------------------------------------------------------------------------- graph


def is_on_graph(scope: Scope, value: Value, seen: dict[int, bool] | None = None) -> bool:
    """Whether a tensor is certainly the result of operations on something that requires grad.

    `seen`: what is known of the parts that were looked at already, by id.
    """
    seen = {} if seen is None else seen
    if id(value) not in seen:
        seen[id(value)] = False
        seen[id(value)] = _is_on_graph(scope, value, seen)
    return seen[id(value)]


def _is_on_graph(scope: Scope, value: Value, seen: dict[int, bool]) -> bool:
    match value:
        case Either(found):
            return all(is_on_graph(scope, option, seen) for option in found)
        case Op(symbol, operands) if symbol in _ARITHMETIC:
            return any(is_on_graph(scope, operand, seen) for operand in operands)
        case Item(owner, _):
            return is_on_graph(scope, owner, seen)
        case Result():
            return not _is_cut(value) and _hands_on_grad(scope, value, seen)
    return is_parameter(scope, value)


def _is_cut(value: Result) -> bool:
    """Whether a call's result has no gradient, by what it is or because grad was off there."""
    callee = value.callee
    name = callee.name.rpartition(".")[2] if isinstance(callee, Ref | Attr) else ""
    if name in _CUTS:
        return True
    statement = value.site.scope.statement_of(value.site.node) if value.site is not None else None
    block = value.site.scope.block_of(statement) if value.site is not None and statement is not None else None
    return block is not None and value.site is not None and grad_is_off(value.site.scope, block)


def _hands_on_grad(scope: Scope, value: Result, seen: dict[int, bool]) -> bool:
    given = [*value.args, *(item for _, item in value.keywords)]
    match value.callee:
        case Ref(name):
            if _is_made_with_grad(scope, value):
                return True
            return name.startswith("torch.") and any(is_on_graph(scope, item, seen) for item in given)
        case Attr(owner, _) if own_class_of(scope, owner) is None and not is_module(scope, owner):
            return any(is_on_graph(scope, item, seen) for item in (owner, *given))
    if not is_module(scope, value.callee):
        return False
    trained = has_state(scope, value.callee) and not _mentions_freezing(scope)
    return trained or any(is_on_graph(scope, item, seen) for item in given)


def operation(scope: Scope, callee: Value) -> str:
    """What a call computes: the layer's class (`torch.nn.ReLU`), else a function's or method's last name."""
    match callee:
        case Ref(name):
            module, _, last = name.rpartition(".")
            known = module in ("torch", "torch.nn.functional", "torch.special", "torch.linalg")
            return last if known else ""
        case Attr(owner, name) if own_class_of(scope, owner) is None and not is_module(scope, callee):
            return "" if is_module(scope, owner) else name
    made = constructions(scope, callee)
    return made[0].callee.name if len(made) == 1 and isinstance(made[0].callee, Ref) else ""


def may_run_without_grad(scope: Scope, block: Block, depth: int = 3) -> bool:
    """Whether autograd may be off: by code around, by a caller, in an optimizer or an autograd Function."""
    if grad_is_off(scope, block) or scope.inquiry.mentions("set_grad_enabled"):
        return True
    if any(isinstance(b.node, ast.If | ast.IfExp) and _asks_for_grad(b.node.test) for b in block.chain()):
        return True
    owner = enclosing_class(scope)
    if owner is not None and owner.is_a("torch.autograd.Function", library.OPTIMIZER):
        return True
    called = scope.is_function and scope.name != "__init__" and depth > 0
    known = callers(scope) if called else []
    return known is None or any(may_run_without_grad(call.scope, call.block, depth - 1) for call in known)
