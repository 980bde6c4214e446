"""Expressions to values within one scope: names are followed to the definitions that reach them."""

from __future__ import annotations

import ast
from collections.abc import Callable
from typing import TYPE_CHECKING

from ml_lsp.semantics.flow import Definition
from ml_lsp.semantics.names import public
from ml_lsp.semantics.values import (
    UNKNOWN,
    Attr,
    Const,
    Display,
    Either,
    Element,
    Entered,
    Global,
    Item,
    Local,
    Op,
    Param,
    Ref,
    Result,
    Site,
    Star,
    Value,
    either,
    placed,
)
from ml_lsp.syntax.trees import below_attributes

if TYPE_CHECKING:
    from ml_lsp.semantics.scope import Scope

_OPERATORS = {
    ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**",
    ast.MatMult: "@", ast.BitAnd: "&", ast.BitOr: "|", ast.BitXor: "^", ast.LShift: "<<", ast.RShift: ">>",
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Is: "is",
    ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in", ast.Not: "not", ast.USub: "neg", ast.UAdd: "pos",
    ast.Invert: "~", ast.And: "and", ast.Or: "or",
}  # fmt: skip
DEEPEST = 40


def symbol(operator: ast.AST) -> str:
    """How an operator is written (`neg` and `pos` for the signs)."""
    return _OPERATORS[type(operator)]


def evaluate(scope: Scope, node: ast.AST) -> Value:
    """The value of an expression that stands in `scope`."""
    make = _MAKERS.get(type(node))
    if make is None:
        return UNKNOWN
    value = make(scope, node)
    return value if value.site is not None else placed(value, Site(scope, node))


def _name(scope: Scope, node: ast.Name) -> Value:
    load = scope.flow.loads.get(node)
    if load is None:
        return scope.outer_value(node.id)
    found = [scope.definition_value(definition) for definition in load.definitions]
    if not found or load.maybe_unbound:
        outer = scope.outer_value(node.id) if not found or scope.flow.node is None else UNKNOWN
        if not found or outer is not UNKNOWN:
            found.append(outer)
    return either(found)


def _attribute(scope: Scope, node: ast.Attribute) -> Value:
    found = attribute(scope.value(node.value), node.attr)
    return scope.inquiry.named(found.name) if isinstance(found, Ref) else found


def attribute(owner: Value, name: str) -> Value:
    """The attribute of a value; of an outside name, it is an outside name too."""
    match owner:
        case Ref(dotted):
            return Ref(public(f"{dotted}.{name}"))
        case Either(found) if all(isinstance(option, Ref) for option in found):
            return either([attribute(option, name) for option in found])
    return Attr(owner, name)


def _call(scope: Scope, node: ast.Call) -> Value:
    args = tuple(scope.value(arg) for arg in node.args)
    keywords = tuple((keyword.arg, scope.value(keyword.value)) for keyword in node.keywords)
    return Result(scope.value(node.func), args, keywords)


def _subscript(scope: Scope, node: ast.Subscript) -> Value:
    owner, index = scope.value(node.value), scope.value(node.slice)
    if isinstance(owner, Display) and isinstance(index, Const):
        found = owner.get(index.value)
        if found is not None:
            return found
    return Item(owner, index)


def _display(scope: Scope, node: ast.List | ast.Tuple | ast.Set) -> Value:
    return Display(type(node).__name__.lower(), tuple(scope.value(item) for item in node.elts))


def _dict(scope: Scope, node: ast.Dict) -> Value:
    keys = tuple(None if key is None else scope.value(key) for key in node.keys)
    return Display("dict", tuple(scope.value(item) for item in node.values), keys)


def _comprehension(scope: Scope, node: ast.ListComp | ast.SetComp | ast.GeneratorExp) -> Value:
    return Display("comprehension", (scope.value(node.elt),))


def _dict_comprehension(scope: Scope, node: ast.DictComp) -> Value:
    return Display("dict comprehension", (scope.value(node.value),), (scope.value(node.key),))


def _binary(scope: Scope, node: ast.BinOp) -> Value:
    return Op(symbol(node.op), (scope.value(node.left), scope.value(node.right)))


def _unary(scope: Scope, node: ast.UnaryOp) -> Value:
    operand = scope.value(node.operand)
    if (
        isinstance(node.op, ast.USub)
        and isinstance(operand, Const)
        and isinstance(operand.value, int | float)
    ):
        return Const(-operand.value)
    return Op(symbol(node.op), (operand,))


def _compare(scope: Scope, node: ast.Compare) -> Value:
    operands = tuple(scope.value(part) for part in (node.left, *node.comparators))
    return Op(symbol(node.ops[0]), operands)


def _boolean(scope: Scope, node: ast.BoolOp) -> Value:
    return either([scope.value(part) for part in node.values])


def _conditional(scope: Scope, node: ast.IfExp) -> Value:
    return either([scope.value(node.body), scope.value(node.orelse)])


def _joined(scope: Scope, node: ast.JoinedStr) -> Value:
    return Op("f-string", tuple(scope.value(part) for part in node.values))


def definition_value(scope: Scope, definition: Definition) -> Value:
    """What a definition gives its name."""
    node, value = definition.node, definition.value
    match definition.kind:
        case "assign" | "unpack" if value is not None:
            return _follow(scope.value(value), definition.path)
        case "for" if value is not None:
            return _follow(element(scope.value(value)), definition.path)
        case "with" if value is not None:
            return _follow(Entered(scope.value(value)), definition.path)
        case "parameter":
            return Param(definition.name, scope.name, site=Site(scope, node))
        case "import":
            return scope.inquiry.named(definition.target)
        case "augmented" if isinstance(node, ast.AugAssign):
            operands = (scope.value(node.target), scope.value(node.value))
            return Op(symbol(node.op) + "=", operands, site=Site(scope, node))
        case "function" | "class":
            if scope.is_module_level:
                return Global(definition.name, scope.inquiry.label, site=Site(scope, node))
            return Local(definition.name, site=Site(scope, node))
        case "except":
            return Op("except", (scope.value(value),) if value is not None else (), site=Site(scope, node))
    return UNKNOWN


def may_be_outside(scope: Scope, node: ast.AST) -> bool:
    """Whether an expression may name something of a library; cheaper than its value where it cannot.

    What a call, a calculation or a parameter gives is never known by a name.
    """
    first = below_attributes(node)
    if not isinstance(first, ast.Name):
        return isinstance(first, _NAMING)
    load = scope.flow.loads.get(first)
    if load is None or not load.definitions or (load.maybe_unbound and scope.flow.node is None):
        return True
    return any(_may_bind_outside(definition) for definition in load.definitions)


_NAMING = (ast.Name, ast.Attribute, ast.Subscript, ast.IfExp, ast.BoolOp, ast.NamedExpr, ast.Starred)
_BINDING_OBJECTS = frozenset({"parameter", "with", "augmented", "except", "function", "class"})


def _may_bind_outside(definition: Definition) -> bool:
    if definition.kind in _BINDING_OBJECTS:
        return False
    plain = definition.kind == "assign" and not definition.path and definition.value is not None
    return not plain or isinstance(definition.value, _NAMING)


def element(iterable: Value) -> Value:
    """One of what iterating yields; `enumerate` and `zip` yield tuples, wrappers such as `tqdm` change nothing."""
    match iterable:
        case Display("list" | "tuple" | "set" | "comprehension", items) if items:
            return either([element(item.of) if isinstance(item, Star) else item for item in items])
        case Result(Ref("builtins.enumerate"), (inner, *_)):
            return Display("tuple", (Op("count", ()), element(inner)))
        case Result(Ref("builtins.zip"), args) if args:
            return Display("tuple", tuple(element(arg) for arg in args))
        case Result(Ref(name), (inner, *_)) if name in _PASSING_ITERATORS:
            return element(inner)
    return Element(iterable)


_PASSING_ITERATORS = frozenset({
    "builtins.iter", "builtins.reversed", "builtins.sorted", "builtins.list", "builtins.tuple",
    "itertools.islice", "itertools.cycle", "tqdm.tqdm", "tqdm.auto.tqdm", "tqdm.notebook.tqdm",
    "tqdm.rich.tqdm", "tqdm.autonotebook.tqdm", "tqdm.std.tqdm", "rich.progress.track",
})  # fmt: skip


def unwrapped_iterable(value: Value) -> Value:
    """What a loop really runs over, below `enumerate`, `tqdm`, `islice` and the like (the first one of a zip)."""
    while isinstance(value, Result) and isinstance(value.callee, Ref) and value.args:
        name = value.callee.name
        if name not in _PASSING_ITERATORS and name not in ("builtins.enumerate", "builtins.zip"):
            break
        value = value.args[0]
    return value


def _follow(value: Value, path: tuple[int | None, ...]) -> Value:
    for index in path:
        found = value.get(index) if isinstance(value, Display) and index is not None else None
        if found is None:
            found = Item(value, Const(index) if index is not None else UNKNOWN, site=value.site)
        value = found
    return value


_MAKERS: dict[type[ast.AST], Callable[..., Value]] = {
    ast.Name: _name,
    ast.Attribute: _attribute,
    ast.Call: _call,
    ast.Constant: lambda scope, node: Const(node.value),
    ast.Subscript: _subscript,
    ast.List: _display,
    ast.Tuple: _display,
    ast.Set: _display,
    ast.Dict: _dict,
    ast.ListComp: _comprehension,
    ast.SetComp: _comprehension,
    ast.GeneratorExp: _comprehension,
    ast.DictComp: _dict_comprehension,
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.Compare: _compare,
    ast.BoolOp: _boolean,
    ast.IfExp: _conditional,
    ast.JoinedStr: _joined,
    ast.FormattedValue: lambda scope, node: scope.value(node.value),
    ast.Starred: lambda scope, node: Star(scope.value(node.value)),
    ast.NamedExpr: lambda scope, node: scope.value(node.value),
    ast.Await: lambda scope, node: Op("await", (scope.value(node.value),)),
    ast.Lambda: lambda scope, node: Local("<lambda>"),
}
