"""Lists that hold one object several times: `[layer] * n`."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from ml_lsp.semantics import library
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.statements import nodes
from ml_lsp.semantics.torch.objects import last_name
from ml_lsp.semantics.values import Const, Param, Ref, Result, Value, parts, walk

# Calls whose result holds the very elements that they are given.
_KEEPING = frozenset({"list", "tuple", "chain", "from_iterable", "OrderedDict", "dict", "zip", "enumerate"})


@dataclass(frozen=True, eq=False)
class Repetition:
    """An expression `node` that puts what `layers` stand for in a list `number` times."""

    scope: Scope
    node: ast.expr
    layers: tuple[ast.expr, ...]
    number: ast.expr

    @property
    def is_list(self) -> bool:
        """Whether it is written as a list times a number."""
        return isinstance(self.node, ast.BinOp) and any(
            isinstance(side, ast.List) for side in (self.node.left, self.node.right)
        )


def repetitions(scope: Scope, containers: Collection[str]) -> Iterator[Repetition]:
    """The repetitions in a scope that go into one of these containers: `nn.ModuleList([layer] * n)`.

    An attribute of a module's own counts as a container: `self.layers = [layer] * n`.
    """
    found = [made for node in nodes(scope) if (made := _repetition(scope, node)) is not None]
    for one in found:
        if scope.value(one.number) != Const(1) and _reaches(scope, one.node, containers):
            yield one


def _repetition(scope: Scope, node: ast.AST) -> Repetition | None:
    match node:
        case ast.BinOp(left=ast.List(elts=layers) | ast.Tuple(elts=layers), op=ast.Mult(), right=number):
            return Repetition(scope, node, tuple(layers), number)
        case ast.BinOp(left=number, op=ast.Mult(), right=ast.List(elts=layers) | ast.Tuple(elts=layers)):
            return Repetition(scope, node, tuple(layers), number)
        case ast.Call(args=[layer, number]) if scope.value(node.func) == Ref("itertools.repeat"):
            return Repetition(scope, node, (layer,), number)
        case ast.ListComp(
            elt=ast.Name() as layer, generators=[ast.comprehension(target=target, iter=number, ifs=[])]
        ):
            bound = {part.id for part in ast.walk(target) if isinstance(part, ast.Name)}
            return Repetition(scope, node, (layer,), number) if layer.id not in bound else None
    return None


def _elements(node: ast.expr) -> Iterator[ast.expr]:
    """An expression and those in it that its value is made of; not what other calls are given."""
    yield node
    name = getattr(node.func, "id", getattr(node.func, "attr", "")) if isinstance(node, ast.Call) else None
    if name is None or name in _KEEPING:
        for part in ast.iter_child_nodes(node):
            if isinstance(part, ast.expr):
                yield from _elements(part)


def _made_of(value: Value) -> Iterator[Value]:
    """The same of values."""
    if not isinstance(value, Result) or last_name(value.callee) in _KEEPING:
        yield from parts(value)


def _reaches(scope: Scope, node: ast.expr, containers: Collection[str]) -> bool:
    """Whether a container is made of an expression: where it stands, by way of a name, or of a list it extends."""
    statement = scope.statement_of(node)
    owner = scope.owner
    if isinstance(statement, ast.Assign) and statement.value is node and owner is not None:
        target = statement.targets[0]
        if isinstance(target, ast.Attribute) and scope.value(target.value) == _own(scope):
            return owner.is_a(library.MODULE)
    extended = _extended(statement, node)
    for call in scope.calls:
        if call.name in containers:
            for arg in call.node.args:
                for part in _elements(arg):
                    if part is node or (isinstance(part, ast.Name) and part.id == extended):
                        return True
                sites = (part.site for part in walk(scope.value(arg), _made_of))
                if any(site is not None and site.node is node for site in sites):
                    return True
    return False


def _own(scope: Scope) -> Param | None:
    return Param(scope.self_name, scope.name) if scope.self_name is not None else None


def _extended(statement: ast.stmt | None, node: ast.expr) -> str | None:
    """The name of the list that a statement extends by an expression: `layers += [...] * n`."""
    match statement:
        case ast.AugAssign(target=ast.Name(id=name), op=ast.Add(), value=value) if value is node:
            return name
        case ast.Expr(
            value=ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr="extend"), args=[value])
        ):
            return name if value is node else None
    return None
