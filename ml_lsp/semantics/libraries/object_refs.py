"""ObjectRefs that are used as if they were results."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from ml_lsp.semantics.libraries.ray import is_object_ref
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.values import Const, Display, Op, Ref

_CONVERSIONS = frozenset(
    f"builtins.{name}"
    for name in (
        "len",
        "list",
        "tuple",
        "set",
        "sorted",
        "float",
        "int",
        "bool",
        "abs",
        "round",
        "sum",
        "min",
        "max",
    )
)
_OF_SEVERAL = frozenset({"builtins.sum", "builtins.min", "builtins.max"})
_NUMERIC = ("numpy.", "torch.", "math.", "scipy.")
_IN_A_LIST = ast.List | ast.Tuple | ast.ListComp | ast.GeneratorExp


@dataclass(frozen=True, eq=False)
class Misuse:
    """An ObjectRef where only its result makes sense.

    `in_a_list`: it is one of several that are passed. `is_quiet`: nothing raises, the answer is wrong.
    """

    scope: Scope
    node: ast.expr
    in_a_list: bool
    source: object
    is_quiet: bool = False


def misuses(scope: Scope, attributes: Collection[str]) -> Iterator[Misuse]:
    """The misuses in a scope, in order. `attributes`: what a ref has itself."""
    for node, source in _refs(scope):
        parent = scope.tree.parent(node)
        if parent is None:
            continue
        if isinstance(parent, _IN_A_LIST) and not isinstance(getattr(parent, "ctx", None), ast.Store):
            if _is_summed(scope, parent):
                yield Misuse(scope, node, True, source)
        elif _needs_result(scope, parent, node, attributes):
            yield Misuse(scope, node, False, source, _is_quiet(parent))


def _refs(scope: Scope) -> list[tuple[ast.expr, object]]:
    """The expressions of a scope that are certainly ObjectRefs, each with what it was bound by or itself."""
    found: list[tuple[ast.expr, object]] = []
    for call in scope.calls:
        if (call.method == "remote" or call.name == "ray.put") and is_object_ref(scope, call.value):
            found.append((call.node, call.node))
    for load in scope.flow.loads.values():
        made = [d for d in load.definitions if d.kind in ("assign", "for")]
        certain = made and len(made) == len(load.definitions) and not load.maybe_unbound
        if certain and is_object_ref(scope, scope.value(load.node)):
            found.append((load.node, load.definitions))
    return sorted(found, key=lambda item: scope.tree.span(item[0]))


def _is_summed(scope: Scope, parent: ast.AST) -> bool:
    """Whether a list or comprehension of refs goes straight into a function of numbers."""
    call = scope.tree.parent(parent)
    if not isinstance(call, ast.Call) or parent not in call.args:
        return False
    callee = scope.value(call.func)
    return isinstance(callee, Ref) and (callee.name in _OF_SEVERAL or _is_numeric(callee.name))


def _is_numeric(name: str) -> bool:
    return name.startswith(_NUMERIC)


def _needs_result(scope: Scope, parent: ast.AST, node: ast.expr, attributes: Collection[str]) -> bool:
    match parent:
        case ast.BinOp() | ast.AugAssign() | ast.UnaryOp() | ast.BoolOp():
            return True
        case ast.Compare():
            return _is_compared_with_a_value(scope, parent, node)
        case ast.If(test=test) | ast.While(test=test) | ast.Assert(test=test) | ast.IfExp(test=test):
            return test is node
        case ast.For(iter=iterated) | ast.comprehension(iter=iterated):
            return iterated is node
        case ast.Starred():
            return isinstance(scope.tree.parent(parent), ast.Call)
        case ast.Subscript(value=value):
            return value is node
        case ast.Attribute(attr=name):
            return name not in attributes and not name.startswith("_")
        case ast.FormattedValue():
            return _has_text(scope.tree.parent(parent))
        case ast.Call(func=func) if func is not node:
            return _takes_values(scope, parent)
    return False


def _is_quiet(parent: ast.AST) -> bool:
    """Whether a ref takes part in an expression as any object can: its truth, equality."""
    if isinstance(parent, ast.Compare):
        return all(isinstance(operator, ast.Eq | ast.NotEq) for operator in parent.ops)
    if isinstance(parent, ast.UnaryOp):
        return isinstance(parent.op, ast.Not)
    return isinstance(parent, ast.BoolOp | ast.If | ast.While | ast.Assert | ast.IfExp)


def _is_compared_with_a_value(scope: Scope, compare: ast.Compare, node: ast.expr) -> bool:
    parts = [compare.left, *compare.comparators]
    at = parts.index(node)
    for index, operator in enumerate(compare.ops):
        if at not in (index, index + 1):
            continue
        other = parts[index if at == index + 1 else index + 1]
        match operator:
            case ast.Lt() | ast.LtE() | ast.Gt() | ast.GtE():
                return True
            case ast.Eq() | ast.NotEq():
                value = scope.value(other)
                return isinstance(value, Display | Op) or (
                    isinstance(value, Const) and value.value is not None
                )
            case ast.In() | ast.NotIn() if at == index + 1:
                return True
    return False


def _has_text(joined: ast.AST | None) -> bool:
    return isinstance(joined, ast.JoinedStr) and any(isinstance(part, ast.Constant) for part in joined.values)


def _takes_values(scope: Scope, call: ast.Call) -> bool:
    callee = scope.value(call.func)
    if not isinstance(callee, Ref):
        return False
    if callee.name == "builtins.print":
        return any(isinstance(arg, ast.Constant | ast.JoinedStr) for arg in call.args)
    return callee.name in _CONVERSIONS or _is_numeric(callee.name)
