"""Walks expressions in evaluation order and writes down what happens in them."""

from __future__ import annotations

import ast
from collections.abc import Callable

from ml_lsp.semantics.flow import (
    UNBOUND,
    Block,
    Comprehension,
    Definition,
    DefinitionKind,
    Env,
    Event,
    EventKind,
    Flow,
    Load,
)
from ml_lsp.syntax.trees import children


class ExpressionWalker:
    """Walks expressions in evaluation order, keeping the definitions that hold at each point."""

    def __init__(self, flow: Flow) -> None:
        self.flow = flow
        self.block = flow.root
        self.env: Env | None = {}
        self.order = 0
        self.exits: list[list[Env]] = []  # of each loop around: what held at its breaks
        self.bound: dict[ast.AST, list[str]] = {}  # the names that loops bind

    # ---- recording

    def tick(self) -> int:
        """The next place in evaluation order."""
        self.order += 1
        return self.order

    def event(self, kind: EventKind, node: ast.AST) -> None:
        """Write down that something happens here."""
        order = self.tick()
        self.flow.events.append(Event(kind, node, self.block, order))
        self.flow.order_of[node] = order

    def define(
        self,
        name: str,
        kind: DefinitionKind,
        node: ast.AST,
        value: ast.expr | None = None,
        path: tuple[int | None, ...] = (),
        target: str = "",
    ) -> None:
        """Write down that a name gets a value here; it holds from here on."""
        made = Definition(name, kind, node, self.block, self.tick(), value, path, target)
        self.flow.definitions.setdefault(name, []).append(made)
        if self.env is not None:
            self.env[name] = (made,)

    def load(self, node: ast.Name) -> None:
        """Write down that a name is read, and the definitions that can reach it."""
        found = self.env.get(node.id, ()) if self.env else ()
        unbound = UNBOUND in found
        known = tuple(d for d in found if d is not UNBOUND) if unbound else found
        load = Load(node, self.block, self.tick(), known, unbound)
        self.flow.loads[node] = load
        self.flow.loads_of.setdefault(node.id, []).append(load)

    def enter(self, node: ast.AST, arm: str = "body") -> Block:
        """Go into a part of a statement; returns the block to come back to."""
        before, self.block = self.block, Block(self.block, node, arm)
        return before

    def branch(self, env: Env | None) -> None:
        """Go on with a copy of `env`, which other branches start from too."""
        self.env = None if env is None else dict(env)

    def bind(
        self,
        target: ast.expr,
        kind: DefinitionKind,
        node: ast.AST,
        value: ast.expr | None,
        path: tuple[int | None, ...] = (),
    ) -> None:
        """Bind the names of a target; attributes and subscripts are stored to."""
        match target:
            case ast.Name(id=name):
                self.define(name, "unpack" if path and kind == "assign" else kind, node, value, path)
                self.event("bind", target)
            case ast.Tuple(elts=elements) | ast.List(elts=elements):
                starred = False
                for index, element in enumerate(elements):
                    starred = starred or isinstance(element, ast.Starred)
                    self.bind(element, kind, node, value, (*path, None if starred else index))
            case ast.Starred(value=inner):
                self.bind(inner, kind, node, value, path)
            case _:
                self.expression_parts(target)
                self.event("store", target)

    # ---- expressions

    def expression(self, node: ast.AST) -> None:
        """Walk an expression."""
        walk = _EXPRESSIONS.get(type(node))
        if walk is None:
            self.expression_parts(node)
        else:
            walk(self, node)

    def expression_parts(self, node: ast.AST) -> None:
        """Walk the parts of an expression that does nothing by itself."""
        for child in children(node):
            self.expression(child)

    def call(self, node: ast.Call) -> None:
        """A call happens after its parts."""
        self.expression(node.func)
        for argument in node.args:
            self.expression(argument)
        for keyword in node.keywords:
            self.expression(keyword.value)
        self.event("call", node)

    def attribute(self, node: ast.Attribute) -> None:
        """An attribute is read of what stands before it."""
        self.expression(node.value)

    def constant(self, node: ast.Constant) -> None:
        """Nothing happens."""

    def name(self, node: ast.Name) -> None:
        """A name is read."""
        if isinstance(node.ctx, ast.Load):
            self.load(node)

    def named(self, node: ast.NamedExpr) -> None:
        """`name := value` binds after its value."""
        self.expression(node.value)
        self.bind(node.target, "assign", node, node.value)

    def lambda_(self, node: ast.Lambda) -> None:
        """The defaults of a lambda run here; its body does not."""
        for part in [*node.args.defaults, *filter(None, node.args.kw_defaults)]:
            self.expression(part)
        self.flow.functions.append(node)

    def conditional(self, node: ast.IfExp) -> None:
        """One of two arms runs."""
        self.expression(node.test)
        self.branch(self.env)
        for arm, part in (("body", node.body), ("orelse", node.orelse)):
            before = self.enter(node, arm)
            self.expression(part)
            self.block = before

    def comprehension(self, node: Comprehension) -> None:
        """A comprehension is a loop whose names end with it."""
        before, outside = self.block, self.env
        self.branch(outside)
        for generator in node.generators:
            self.expression(generator.iter)
            self.enter(node)
            self.bind(generator.target, "for", generator, generator.iter)
            for condition in generator.ifs:
                self.expression(condition)
        for part in [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]:
            self.expression(part)
        self.block, self.env = before, outside

    def yielded(self, node: ast.AST) -> None:
        """A yield or await happens after its parts."""
        self.expression_parts(node)
        self.event("await" if isinstance(node, ast.Await) else "yield", node)


_EXPRESSIONS: dict[type[ast.AST], Callable[..., None]] = {
    ast.Call: ExpressionWalker.call,
    ast.Name: ExpressionWalker.name,
    ast.Attribute: ExpressionWalker.attribute,
    ast.Constant: ExpressionWalker.constant,
    ast.NamedExpr: ExpressionWalker.named,
    ast.Lambda: ExpressionWalker.lambda_,
    ast.IfExp: ExpressionWalker.conditional,
    ast.ListComp: ExpressionWalker.comprehension,
    ast.SetComp: ExpressionWalker.comprehension,
    ast.DictComp: ExpressionWalker.comprehension,
    ast.GeneratorExp: ExpressionWalker.comprehension,
    ast.Yield: ExpressionWalker.yielded,
    ast.YieldFrom: ExpressionWalker.yielded,
    ast.Await: ExpressionWalker.yielded,
}
