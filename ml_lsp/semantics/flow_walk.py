"""Walks statements in evaluation order and writes down their flow."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator
from functools import reduce

from ml_lsp.semantics.facts import bound_names
from ml_lsp.semantics.flow import (
    UNBOUND,
    Block,
    Definition,
    Env,
    Flow,
    FunctionNode,
)
from ml_lsp.semantics.flow_expressions import ExpressionWalker
from ml_lsp.semantics.names import imports_of
from ml_lsp.syntax.trees import children


def flow_of_function(node: FunctionNode) -> Flow:
    """The flow of a function's body; its parameters are defined at the start."""
    flow = Flow(node, Block(None, node))
    walker = _Walker(flow)
    for argument in _arguments(node.args):
        walker.define(argument.arg, "parameter", argument)
    if isinstance(node, ast.Lambda):
        walker.expression(node.body)
        walker.event("return", node)
    else:
        walker.statements(node.body)
    flow.at_end = walker.env or {}
    return flow


def flow_of_statements(body: tuple[ast.stmt, ...]) -> Flow:
    """The flow of statements at a module's top level or in a class body."""
    flow = Flow(None, Block(None, None))
    walker = _Walker(flow)
    walker.statements(list(body))
    flow.at_end = walker.env or {}
    return flow


def _arguments(arguments: ast.arguments) -> Iterator[ast.arg]:
    yield from arguments.posonlyargs
    yield from arguments.args
    if arguments.vararg:
        yield arguments.vararg
    yield from arguments.kwonlyargs
    if arguments.kwarg:
        yield arguments.kwarg


def _merge(*envs: Env | None) -> Env | None:
    """What holds where several ways join; an env of None is a way that never arrives."""
    arriving = [env for env in envs if env is not None]
    return reduce(_joined, arriving) if arriving else None


def _joined(one: Env, other: Env) -> Env:
    if one is other:
        return one
    joined = dict(one)
    for name, found in other.items():
        known = one.get(name, (UNBOUND,))
        if known is not found:
            joined[name] = tuple(dict.fromkeys((*known, *found)))
    for name, known in one.items():
        if name not in other and UNBOUND not in known:
            joined[name] = (*known, UNBOUND)
    return joined


class _Walker(ExpressionWalker):
    """Walks a scope's statements, those of branches and loops one way after the other."""

    def within(self, node: ast.AST, arm: str, body: list[ast.stmt]) -> None:
        before = self.enter(node, arm)
        self.statements(body)
        self.block = before

    # ---- statements

    def statements(self, body: list[ast.stmt]) -> None:
        for statement in body:
            self.flow.blocks[statement] = self.block
            self.flow.order_of[statement] = self.tick()
            walk = _STATEMENTS.get(type(statement), _Walker.other_statement)
            walk(self, statement)

    def other_statement(self, node: ast.AST) -> None:
        for child in children(node):
            if isinstance(child, ast.expr):
                self.expression(child)

    def assign(self, node: ast.Assign) -> None:
        self.expression(node.value)
        for target in node.targets:
            self.bind(target, "assign", node, node.value)

    def annotated(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.expression(node.value)
            self.bind(node.target, "assign", node, node.value)
        elif isinstance(node.target, ast.Name):
            self.define(node.target.id, "other", node)

    def augmented(self, node: ast.AugAssign) -> None:
        target = node.target
        if isinstance(target, ast.Name):
            self.load(target)
        else:
            self.expression_parts(target)
        self.expression(node.value)
        self.event("augment", node)
        if isinstance(target, ast.Name):
            self.define(target.id, "augmented", node)

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        for part in [*node.decorator_list, *node.args.defaults, *filter(None, node.args.kw_defaults)]:
            self.expression(part)
        self.flow.functions.append(node)
        self.define(node.name, "function", node)

    def class_(self, node: ast.ClassDef) -> None:
        for part in [*node.decorator_list, *node.bases, *(keyword.value for keyword in node.keywords)]:
            self.expression(part)
        self.flow.classes.append(node)
        self.define(node.name, "class", node)

    def import_(self, node: ast.Import | ast.ImportFrom) -> None:
        for item in imports_of(node):
            self.define(item.local, "import", node, target=item.target)

    def if_(self, node: ast.If) -> None:
        self.expression(node.test)
        entry = self.env
        self.branch(entry)
        self.within(node, "body", node.body)
        after_body = self.env
        self.branch(entry)
        self.within(node, "orelse", node.orelse)
        self.env = _merge(after_body, self.env)

    def for_(self, node: ast.For | ast.AsyncFor) -> None:
        self.expression(node.iter)
        self.loop(node, lambda: self.bind(node.target, "for", node, node.iter))

    def while_(self, node: ast.While) -> None:
        self.loop(node, lambda: self.expression(node.test))

    def loop(self, node: ast.For | ast.AsyncFor | ast.While, head: Callable[[], None]) -> None:
        entry = self.env
        carried = {
            name: Definition(name, "other", node, self.block) for name in bound_names(node, self.bound)
        }
        self.branch(entry)
        if self.env is not None:
            for name, stand_in in carried.items():
                self.env[name] = (*self.env.get(name, (UNBOUND,)), stand_in)
        before = self.enter(node)
        body = self.block
        self.exits.append([])
        head()
        self.statements(node.body)
        breaks = self.exits.pop()
        self.block = before
        self.settle(carried, body, [self.env, *breaks])
        self.env = _merge(entry, self.env)
        self.within(node, "orelse", node.orelse)
        self.env = _merge(self.env, *breaks)

    def settle(self, carried: dict[str, Definition], body: Block, envs: list[Env | None]) -> None:
        """Replace the stand-ins for what earlier rounds of a loop bind by the definitions in its body."""
        for name, stand_in in carried.items():
            inside = tuple(d for d in self.flow.definitions.get(name, ()) if d.block.inside(body))
            for load in self.flow.loads_of.get(name, ()):
                load.definitions = _replaced(load.definitions, stand_in, inside)
            for env in filter(None, envs):
                env[name] = _replaced(env.get(name, ()), stand_in, inside)

    def break_(self, node: ast.AST) -> None:
        if self.exits and self.env is not None and isinstance(node, ast.Break):
            self.exits[-1].append(dict(self.env))
        self.env = None

    def with_(self, node: ast.With | ast.AsyncWith) -> None:
        before = self.block
        for item in node.items:
            self.expression(item.context_expr)
            if item.optional_vars is not None:
                self.bind(item.optional_vars, "with", node, item.context_expr)
        self.enter(node)
        self.statements(node.body)
        self.block = before

    def try_(self, node: ast.Try) -> None:
        entry = self.env
        self.branch(entry)
        self.within(node, "body", node.body)
        raised = _merge(entry, self.env)
        self.within(node, "orelse", node.orelse)
        ends = [self.env]
        for index, handler in enumerate(node.handlers):
            self.branch(raised)
            before = self.enter(node, f"handler {index}")
            if handler.type is not None:
                self.expression(handler.type)
            if handler.name:
                self.define(handler.name, "except", handler, handler.type)
            self.statements(handler.body)
            self.block = before
            ends.append(self.env)
        self.env = _merge(*ends)
        if node.finalbody:
            arrives = self.env is not None
            self.branch(self.env if arrives else entry)
            self.within(node, "finally", node.finalbody)
            self.env = self.env if arrives else None

    def match_(self, node: ast.Match) -> None:
        self.expression(node.subject)
        entry, ends = self.env, []
        for index, case in enumerate(node.cases):
            self.branch(entry)
            before = self.enter(node, f"case {index}")
            for part in ast.walk(case.pattern):
                name = getattr(part, "name", None) or getattr(part, "rest", None)
                if isinstance(name, str):
                    self.define(name, "other", part)
            if case.guard is not None:
                self.expression(case.guard)
            self.statements(case.body)
            self.block = before
            ends.append(self.env)
        self.env = _merge(entry, *ends)

    def return_(self, node: ast.Return | ast.Raise) -> None:
        self.other_statement(node)
        self.event("return" if isinstance(node, ast.Return) else "raise", node)
        self.env = None

    def delete(self, node: ast.Delete) -> None:
        for target in node.targets:
            if isinstance(target, ast.Name):
                self.define(target.id, "other", node)
            else:
                self.expression_parts(target)
        self.event("delete", node)

    def global_(self, node: ast.Global | ast.Nonlocal) -> None:
        self.flow.outer_names |= frozenset(node.names)


def _replaced(
    found: tuple[Definition, ...], stand_in: Definition, by: tuple[Definition, ...]
) -> tuple[Definition, ...]:
    if stand_in not in found:
        return found
    return tuple(dict.fromkeys((*(d for d in found if d is not stand_in), *by)))


_STATEMENTS: dict[type[ast.AST], Callable[..., None]] = {
    ast.Assign: _Walker.assign,
    ast.AnnAssign: _Walker.annotated,
    ast.AugAssign: _Walker.augmented,
    ast.FunctionDef: _Walker.function,
    ast.AsyncFunctionDef: _Walker.function,
    ast.ClassDef: _Walker.class_,
    ast.Import: _Walker.import_,
    ast.ImportFrom: _Walker.import_,
    ast.If: _Walker.if_,
    ast.For: _Walker.for_,
    ast.AsyncFor: _Walker.for_,
    ast.While: _Walker.while_,
    ast.Break: _Walker.break_,
    ast.Continue: _Walker.break_,
    ast.With: _Walker.with_,
    ast.AsyncWith: _Walker.with_,
    ast.Try: _Walker.try_,
    ast.TryStar: _Walker.try_,
    ast.Match: _Walker.match_,
    ast.Return: _Walker.return_,
    ast.Raise: _Walker.return_,
    ast.Delete: _Walker.delete,
    ast.Global: _Walker.global_,
    ast.Nonlocal: _Walker.global_,
}
