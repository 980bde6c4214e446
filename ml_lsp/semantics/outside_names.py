"""Where code names things of libraries: in imports, and in the expressions that use them."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from ml_lsp.semantics.evaluate import may_be_outside
from ml_lsp.semantics.names import imports_of, public
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.statements import nodes
from ml_lsp.semantics.values import Ref
from ml_lsp.text import Span

_ORDERS = ast.Lt | ast.LtE | ast.Gt | ast.GtE


@dataclass(frozen=True, eq=False)
class Mention:
    """A place that names an outside thing: `name` is its public dotted name, `node` what stands there."""

    scope: Scope
    node: ast.expr | ast.alias
    name: str

    @property
    def span(self) -> Span:
        """The name as it is written."""
        return self.scope.span(self.node)


def used_names(scope: Scope) -> Iterator[Mention]:
    """The outside names that the expressions of a scope name, each at its longest: `torch.nn.init.uniform`.

    Names in functions inside the scope are those scopes' own.
    """
    yield from _mentions(scope, (node for node in nodes(scope) if isinstance(node, ast.Name | ast.Attribute)))


def used_names_with(scope: Scope, words: Collection[str]) -> Iterator[Mention]:
    """The same, but only names of which some part is among `words`, as written or as imported."""
    imported_as = scope.inquiry.module.tables.imported_as
    here = scope.words
    if here.isdisjoint(words) and here.isdisjoint(
        local for word in words for local in imported_as.get(word, ())
    ):
        return
    found = (node for node in nodes(scope) if isinstance(node, ast.Name | ast.Attribute))
    yield from _mentions(scope, (node for node in found if _has_word(scope, node, words)))


def _mentions(scope: Scope, found: Iterable[ast.Name | ast.Attribute]) -> Iterator[Mention]:
    inside: set[ast.AST] = set()
    for node in found:
        if node in inside or not isinstance(node.ctx, ast.Load):
            continue
        value = scope.value(node) if may_be_outside(scope, node) else None
        if isinstance(value, Ref):
            inside.update(ast.walk(node))
            yield Mention(scope, node, value.name)


def _has_word(scope: Scope, node: ast.expr, words: Collection[str]) -> bool:
    while isinstance(node, ast.Attribute):
        if node.attr in words:
            return True
        node = node.value
    if not isinstance(node, ast.Name):
        return False
    imported = scope.inquiry.module.tables.imports.get(node.id, "").split(".")
    return node.id in words or imported[-1] in words or node.id in scope.flow.definitions


def imported_names(scope: Scope) -> Iterator[Mention]:
    """The outside names that the import statements of a scope bring in."""
    for statement in scope.flow.blocks:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            for alias, item in zip(statement.names, imports_of(statement), strict=True):
                dotted = alias.name if isinstance(statement, ast.Import) else item.target
                yield Mention(scope, alias, public(dotted))


def is_type_question(scope: Scope, node: ast.AST) -> bool:
    """Whether a class is named only to ask what something is: in an annotation, in `isinstance(...)`."""
    asked = [
        arg
        for call in scope.calls
        if call.name in ("builtins.isinstance", "builtins.issubclass")
        for arg in call.node.args
    ]
    asked += [annotation for statement in scope.flow.blocks for annotation in _annotations(statement)]
    return any(part is node for place in asked for part in ast.walk(place))


def is_told_apart(scope: Scope, node: ast.AST) -> bool:
    """Whether a thing is named only to recognise it: `func is torch.svd`, `in (torch.svd, ...)`, a key of a table.

    So do the members of a set, and what a decorator is given: `@implements(torch.svd)`.
    """
    inner, around = node, scope.tree.parent(node)
    while isinstance(around, ast.Tuple | ast.List):
        inner, around = around, scope.tree.parent(around)
    match around:
        case ast.Set():
            return True
        case ast.Dict(keys=keys):
            return inner in keys
        case ast.Compare(ops=ops):
            return not any(isinstance(operator, _ORDERS) for operator in ops)
        case ast.Call(func=func) if inner is not func:
            return around in getattr(scope.tree.parent(around), "decorator_list", ())
    return False


def names_in_decorators(scope: Scope) -> Iterator[Mention]:
    """The outside names in the decorators of a function, which run where it is defined."""
    decorators = getattr(scope.node, "decorator_list", [])
    if decorators and scope.parent is not None:
        inside = {part for decorator in decorators for part in ast.walk(decorator)}
        yield from (mention for mention in used_names(scope.parent) if mention.node in inside)


def _annotations(statement: ast.AST) -> Iterator[ast.expr]:
    match statement:
        case ast.AnnAssign(annotation=annotation):
            yield annotation
        case ast.FunctionDef(args=args, returns=returns) | ast.AsyncFunctionDef(args=args, returns=returns):
            for arg in (*args.posonlyargs, *args.args, args.vararg, *args.kwonlyargs, args.kwarg):
                if arg is not None and arg.annotation is not None:
                    yield arg.annotation
            if returns is not None:
                yield returns
