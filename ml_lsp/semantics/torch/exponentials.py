"""Logarithms of exponentials: forms that overflow or lose all digits where a single function would not."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass

from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.torch.objects import last_name, written_name
from ml_lsp.semantics.types import class_of
from ml_lsp.semantics.values import Attr, Const, Item, Op, Ref, Result, Value, identity, walk

_LAYERS = {"softmax": "torch.nn.Softmax", "sigmoid": "torch.nn.Sigmoid"}
_MODULES = ("torch.", "torch.nn.functional.")
# What keeps an exponent small: below these, `exp` does not overflow.
_BOUNDED = re.compile(
    r"(?:max|amax|clamp|clip|abs|tanh|sigmoid|softmax|cosine\w*|normalize|norm|logsigmoid|log_softmax|cdist|erf"
    r"|hardtanh|minimum|detach|arange|linspace)\Z|(?:^|_)sims?(?:_|\Z)|sim(?:ilarit(?:y|ies))?\Z|cos|log_?prob"
    r"|dist|log_?(?:var|std|sigma)|temperature"
)
_LEAST, _MOST = (
    re.compile(rf"(?i)(?:^|_)(?:{words})(?:_|\Z)")
    for words in ("min|minimum|lo|low|lower|smaller", "max|maximum|hi|high|upper|larger|greater")
)
# Names of what contrastive losses divide similarities by: products of unit vectors, normalized by the caller.
_TEMPERATURE = re.compile(r"(?:^|_)(?:T|t|tau|temp|temperature)(?:_|\Z)")
_PRODUCTS = frozenset({"@", "mm", "matmul", "bmm", "einsum", "dot", "mv", "baddbmm", "inner"})
_RECTIFIED = frozenset({"square", "relu", "softplus", "sigmoid", "abs", "exp", "sqrt", "norm"})
_ORDERS = frozenset({"<", "<=", ">", ">="})


@dataclass(frozen=True, eq=False)
class Unstable:
    """A form, as `node` of a scope; `inner` is the call it is made around, `argument` what that is applied to.

    `kind` is log_softmax, logsigmoid, logsigmoid of the negative, softplus, logsumexp or softmax.
    """

    scope: Scope
    node: ast.expr
    kind: str
    inner: ast.Call
    argument: ast.expr

    @property
    def is_written_out(self) -> bool:
        """Whether the form stands in one expression, not partly under a name."""
        around, within = self.scope.tree.span(self.node), self.scope.tree.span(self.inner)
        return around.start <= within.start and within.end <= around.end


def is_mended(found: Unstable) -> bool:
    """Whether code looks for an infinite result of a form: `torch.where(y == float("inf"), x, y)`, `y.isinf()`."""
    return any(_looks_for_infinity(found, node) for node in found.scope.flow.nodes)


def _looks_for_infinity(found: Unstable, node: ast.AST) -> bool:
    match node:
        case ast.Compare(left=left, comparators=[right]) if "inf" in found.scope.text(right):
            return _comes_from(found, left)
        case ast.Call(func=ast.Attribute(value=owner), args=args):
            looks = written_name(node.func) in ("isinf", "isfinite", "nan_to_num")
            return looks and any(_comes_from(found, part) for part in (owner, *args))
    return False


def _comes_from(found: Unstable, node: ast.expr) -> bool:
    sites = (value.site for value in walk(found.scope.value(node)))
    return any(site is not None and site.node is found.node for site in sites)


def unstable_forms(scope: Scope) -> Iterator[Unstable]:
    """The forms of a scope, in order."""
    for node in scope.flow.nodes:
        match node:
            case ast.Call():
                yield from _logarithm(scope, node)
            case ast.BinOp(op=ast.Div(), left=left, right=right):
                yield from _quotient(scope, node, left, right)


def _logarithm(scope: Scope, node: ast.Call) -> Iterator[Unstable]:
    operand = _applied(scope, node, "log")
    if operand is not None:
        yield from _log_of(scope, node, _source(scope, operand))
        return
    operand = _applied(scope, node, "log1p")
    inner = _source(scope, operand) if operand is not None else None
    argument = _applied(scope, inner, "exp") if inner is not None else None
    if isinstance(inner, ast.Call) and argument is not None and not _is_bounded(scope, argument):
        yield Unstable(scope, node, "softplus", inner, argument)


def _log_of(scope: Scope, node: ast.Call, inner: ast.expr) -> Iterator[Unstable]:
    match inner:
        case ast.BinOp(op=ast.Sub(), left=one, right=other) if _is_one(scope, one):
            yield from _around(scope, node, _source(scope, other), {"sigmoid": "negative logsigmoid"})
        case ast.BinOp(op=ast.Add(), left=one, right=other) if _is_one(scope, one):
            yield from _around(scope, node, _source(scope, other), {"exp": "softplus"})
        case ast.BinOp(op=ast.Add(), left=other, right=one) if _is_one(scope, one):
            yield from _around(scope, node, _source(scope, other), {"exp": "softplus"})
        case ast.Call():
            yield from _around(scope, node, inner, {"softmax": "log_softmax", "sigmoid": "logsigmoid"})
            summed = _applied(scope, inner, "sum")
            exponential = _source(scope, summed) if summed is not None else None
            argument = _applied(scope, exponential, "exp") if exponential is not None else None
            named = isinstance(summed, ast.expr) and bool(_BOUNDED.search(written_name(summed)))
            if argument is not None and not named and not _stays_small(scope, argument):
                yield Unstable(scope, node, "logsumexp", inner, argument)


def _around(scope: Scope, node: ast.Call, inner: ast.expr, kinds: dict[str, str]) -> Iterator[Unstable]:
    for name, kind in kinds.items():
        argument = _applied(scope, inner, name)
        if isinstance(inner, ast.Call) and argument is not None and not _is_bounded(scope, argument):
            yield Unstable(scope, node, kind, inner, argument)


def _quotient(scope: Scope, node: ast.BinOp, left: ast.expr, right: ast.expr) -> Iterator[Unstable]:
    """`exp(x) / exp(x).sum(d)`: softmax by hand, with no maximum taken off."""
    above, summed = _argument_of_exp(scope, left), _applied(scope, _resolved(scope, right), "sum")
    below = _argument_of_exp(scope, summed) if summed is not None else None
    if above is None or below is None or identity(scope.value(above)) != identity(scope.value(below)):
        return
    inner = _resolved(scope, left)
    named = isinstance(scope.value(above), Const) or bool(_BOUNDED.search(written_name(left)))
    wanted = _is_wanted_itself(scope, left, (node, _resolved(scope, right)))
    if isinstance(inner, ast.Call) and not named and not wanted and not _stays_small(scope, above):
        yield Unstable(scope, node, "softmax", inner, above)


def _is_wanted_itself(scope: Scope, exponential: ast.expr, quotient: tuple[ast.expr, ...]) -> bool:
    """Whether exponentials under a name serve for something else than the quotient: they are the quantity meant."""
    if not isinstance(exponential, ast.Name):
        return False
    inside = {id(part) for whole in quotient for part in ast.walk(whole)}
    load = scope.flow.loads.get(exponential)
    return load is not None and any(
        id(other.node) not in inside and other.definitions == load.definitions
        for other in scope.flow.loads_of.get(exponential.id, ())
    )


def _argument_of_exp(scope: Scope, node: ast.expr) -> ast.expr | None:
    return _applied(scope, _resolved(scope, node), "exp")


# ------------------------------------------------------------------------------------------------- expressions


def _applied(scope: Scope, node: ast.expr | None, name: str) -> ast.expr | None:
    """What a function or method of tensors is applied to: x of `torch.exp(x)`, `x.exp()`; None for others."""
    if not isinstance(node, ast.Call) or written_name(node.func) != name:
        return None
    callee = scope.value(node.func)
    if isinstance(callee, Ref):
        return _first(node) if callee.name in {module + name for module in _MODULES} else None
    if class_of(scope, callee) == Ref(_LAYERS.get(name, "")):
        return _first(node)
    of_dimensions = all(isinstance(scope.value(given), Const) for given in node.args)
    match node.func:
        case ast.Attribute(value=owner) if of_dimensions and written_name(owner) != scope.self_name:
            return owner
    return None


def _first(node: ast.Call) -> ast.expr | None:
    if node.args:
        return None if isinstance(node.args[0], ast.Starred) else node.args[0]
    return next((keyword.value for keyword in node.keywords if keyword.arg == "input"), None)


def _source(scope: Scope, node: ast.expr) -> ast.expr:
    """What a name that is read only here stands for; other expressions as they are."""
    alone = isinstance(node, ast.Name) and len(scope.flow.loads_of.get(node.id, ())) == 1
    return _resolved(scope, node) if alone else node


def _resolved(scope: Scope, node: ast.expr) -> ast.expr:
    load = scope.flow.loads.get(node) if isinstance(node, ast.Name) else None
    if load is None or len(load.definitions) != 1 or load.maybe_unbound:
        return node
    found = load.definitions[0]
    plain = found.kind == "assign" and found.value is not None and not found.path
    return found.value if plain and found.value is not None else node


def _is_one(scope: Scope, node: ast.expr) -> bool:
    return scope.value(node) == Const(1) or scope.value(node) == Const(1.0)


def _is_bounded(scope: Scope, node: ast.expr) -> bool:
    """Whether something about an expression says that its values stay small."""
    if _is_negative(scope.value(node)) or _is_least_less_most(node):
        return True
    return any(_BOUNDED.search(_name_of(value)) or _is_picked(value) for value in walk(scope.value(node)))


def _is_picked(value: Value) -> bool:
    """Whether values are those of a range, chosen by comparing them: `x[x < 0]`, `torch.where(x < 0, x, -x)`."""
    match value:
        case Item(owner, chosen) | Result(Attr(owner, "masked_select"), [chosen, *_]):
            return _compares(chosen, owner)
        case Result(Ref("torch.where"), [chosen, *kept]):
            return any(_compares(chosen, part) for one in kept for part in walk(one))
    return False


def _compares(chosen: Value, value: Value) -> bool:
    """Whether a mask asks how large a value is."""
    compared = (part for part in walk(chosen) if isinstance(part, Op) and part.symbol in _ORDERS)
    return any(identity(side) == identity(value) for part in compared for side in part.operands)


def _is_least_less_most(node: ast.expr) -> bool:
    """Whether it is the smaller of two values less the greater, by their names: `min_ - max_`, `lo - hi`."""
    match node:
        case ast.BinOp(op=ast.Sub(), left=left, right=right):
            return bool(_LEAST.search(written_name(left)) and _MOST.search(written_name(right)))
    return False


def _is_negative(value: Value) -> bool:
    """Whether a value is never above 0: a square under a minus sign, whatever scale it is divided by."""
    match value:
        case Op("neg", (inner,)):
            return _is_positive(inner)
        case Op("/", (left, right)) if _is_negative(left):
            return not _is_minus(right) and not _is_negative(right)
        case Op("*" | "/", (left, right)):
            signs = (_is_negative(left) or _is_minus(left), _is_negative(right) or _is_minus(right))
            return signs[0] != signs[1] and all(
                sign or _is_positive(side) for sign, side in zip(signs, (left, right), strict=True)
            )
    return False


def _is_minus(value: Value) -> bool:
    return isinstance(value, Const) and isinstance(value.value, int | float) and value.value < 0


def _is_positive(value: Value) -> bool:
    """Whether a value is never below 0: squares, what a rectifier gives, their products with such and with numbers."""
    match value:
        case Const(int() | float() as number):
            return number >= 0
        case Op("**", (_, Const(int() | float() as power))):
            return power % 2 == 0
        case Op("*" | "/", (left, right)):
            return _is_positive(left) and _is_positive(right)
        case Result(Attr(_, "pow"), (Const(int() | float() as power),)):
            return power % 2 == 0
        case Result(Attr(owner, "sum" | "mean")):
            return _is_positive(owner)
        case Result() if _name_of(value) in _RECTIFIED:
            return True
    return False


def _stays_small(scope: Scope, node: ast.expr) -> bool:
    """Whether the exponents of a sum may all be small: by a name, a maximum taken off, or as similarities."""
    return _is_bounded(scope, node) or _subtracts(scope, node) or _is_similarity(scope, node)


def _is_similarity(scope: Scope, node: ast.expr) -> bool:
    """Whether a product of two tensors is divided by a temperature: `torch.mm(a, b.t()) / T`."""
    for value in walk(scope.value(node)):
        match value:
            case Op("/", [product, by]) if _is_product(product):
                return _is_temperature(by)
    return False


def _is_temperature(value: Value) -> bool:
    """Whether something is named a temperature, or is a number below one, which sharpens what it divides."""
    match value:
        case Const(int() | float() as number):
            return number < 1
        case Item(_, Const(str() as key)):
            return bool(_TEMPERATURE.search(key))
    return any(_TEMPERATURE.search(_name_of(part)) for part in walk(value))


def _is_product(value: Value) -> bool:
    name = value.symbol if isinstance(value, Op) else _name_of(value)
    return name in _PRODUCTS


def _subtracts(scope: Scope, node: ast.expr) -> bool:
    """Whether a maximum may be taken off, or the values are negative."""
    return any(
        isinstance(value, Op) and (value.symbol in ("-", "neg", "-=") or any(map(_is_minus, value.operands)))
        for value in walk(scope.value(node))
    )


def _name_of(value: Value) -> str:
    return last_name(value.callee) if isinstance(value, Result) else last_name(value)
