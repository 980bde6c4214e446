"""Code that runs in order: a function, a lambda, or a module's statements. What checks look around in."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from ml_lsp.finding import Related
from ml_lsp.semantics import evaluate
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.classes import Class
from ml_lsp.semantics.facts import facts
from ml_lsp.semantics.flow import Block, Definition, Flow, FunctionNode
from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.semantics.module import flow_of_piece
from ml_lsp.semantics.values import UNKNOWN, Value, either
from ml_lsp.syntax.segments import Kind
from ml_lsp.syntax.trees import Tree, tree
from ml_lsp.text import Span


class Elsewhere(ValueError):
    """A place in another file was taken for one in the file under review."""


@dataclass(eq=False)
class Scope:
    """One scope of a module, with what its expressions stand for. All spans are offsets in the module's text."""

    inquiry: Inquiry
    piece: int
    node: FunctionNode | None
    """The function, or None for statements at a module's or class's level."""
    parent: Scope | None
    class_scope: Class | None = None
    _definitions: dict[Definition, Value] = field(default_factory=dict)

    def __repr__(self) -> str:
        return f"<Scope {self.name}>"

    # ---- what it is

    @cached_property
    def flow(self) -> Flow:
        """What happens in it, in order. Who looks at it rests on the text of the method that it is part of."""
        if self.node is None or self.parent is None:
            return flow_of_piece(self.inquiry.module.pieces[self.piece])
        self._note_method()
        return self.parent.flow.flow_of(self.node)

    @property
    def words(self) -> frozenset[str]:
        """The words of the piece that it is a part of. Who looks at them rests on the text of that method as well."""
        self._note_method()
        return facts(self.inquiry.module.pieces[self.piece]).words

    def _note_method(self) -> None:
        """Note that the method is asked about which it is or is a part of: who has its class knows no more than names."""
        outer = self
        while outer.parent is not None and outer.parent.node is not None:
            outer = outer.parent
        if outer.parent is not None and self._kind.in_class:
            self.inquiry.pieces("method", self.inquiry.owner_name(self.piece) or "", outer.name)

    @property
    def name(self) -> str:
        """The function's name; `<module>` at the top level, `<lambda>` for a lambda."""
        if self.node is None:
            return "<module>"
        return getattr(self.node, "name", "<lambda>")

    @property
    def is_function(self) -> bool:
        """Whether it is a function or lambda."""
        return self.node is not None

    @property
    def is_module_level(self) -> bool:
        """Whether it is statements that run when the module does."""
        return self.node is None and not self._kind.in_class

    @property
    def _kind(self) -> Kind:
        return self.inquiry.module.pieces[self.piece].kind

    @property
    def is_method(self) -> bool:
        """Whether it is a function directly in a class."""
        return self.owner is not None

    @cached_property
    def owner(self) -> Class | None:
        """The class whose method this function is."""
        if self.node is None or self.parent is None:
            return None
        if self.class_scope is not None:
            return self.class_scope
        if self.parent.node is not None or not self._kind.in_class:
            return None
        name = self.inquiry.owner_name(self.piece)
        return self.inquiry.class_(name) if name else None

    @cached_property
    def self_name(self) -> str | None:
        """The name of a method's first parameter; None for functions and static methods."""
        if self.owner is None or not isinstance(self.node, ast.FunctionDef | ast.AsyncFunctionDef):
            return None
        names = [arg.arg for arg in (*self.node.args.posonlyargs, *self.node.args.args)]
        static = any(isinstance(d, ast.Name) and d.id == "staticmethod" for d in self.node.decorator_list)
        return names[0] if names and not static else None

    @cached_property
    def tree(self) -> Tree:
        """The tree of the piece that holds the scope."""
        found = tree(self.inquiry.module.pieces[self.piece])
        assert found is not None, "a piece that does not parse has no scopes"
        return found

    # ---- places

    @property
    def offset(self) -> int:
        """Where the piece that holds the scope starts in the module's text."""
        return self.inquiry.module.split.starts[self.piece]

    def span(self, node: ast.AST) -> Span:
        """Where a node of this scope stands in the module's text.

        Raises:
            Elsewhere: if the scope is in another file; `related` can name places there.
        """
        if self.inquiry.asker is not None:
            raise Elsewhere(f"{self.name} is in {self.inquiry.module.path}")
        return self.tree.span(node).shift(self.offset)

    def related(self, node: ast.AST, message: str) -> Related:
        """A place of this scope as evidence, in whichever file it is."""
        span = self.tree.span(node).shift(self.offset)
        return Related(span, message, self.inquiry.module.path if self.inquiry.asker is not None else None)

    def text(self, node: ast.AST) -> str:
        """A node of this scope as it is written."""
        start, end = self.tree.span(node)
        return self.tree.text[start:end]

    def has_comment(self, node: ast.AST) -> bool:
        """Whether a comment stands behind a node on its last line, or on the line above its first."""
        return bool(self.comments_on(node))

    def comments_on(self, node: ast.AST) -> str:
        """The comments behind a node on its last line and on the line above its first; empty if there are none."""
        text = self.tree.text
        start, end = self.tree.span(node)
        behind = text[end:].partition("\n")[0].partition("#")
        above = text[:start].rpartition("\n")[0].rpartition("\n")[2].strip()
        found = above if above.startswith("#") else ""
        return found + behind[1] + behind[2]

    def name_span(self, node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) -> Span:
        """Where the name stands in a definition of a function or class."""
        text = self.tree.text
        start = self.tree.span(node).start
        if node.decorator_list:
            start = self.tree.span(node.decorator_list[-1]).end
        keyword = re.compile(r"\b(?:def|class)\s+").search(text, start)
        at = keyword.end() if keyword else start
        return Span(at, at + len(node.name)).shift(self.offset)

    # ---- values

    def value(self, node: ast.AST) -> Value:
        """What an expression of this scope stands for."""
        known, key = self.inquiry.values, (self, node)
        if key in known:
            return known[key]
        if self.inquiry.depth >= evaluate.DEEPEST:
            return UNKNOWN
        known[key] = UNKNOWN  # an expression that leads back to itself through a loop
        self.inquiry.depth += 1
        try:
            known[key] = evaluate.evaluate(self, node)
        finally:
            self.inquiry.depth -= 1
        return known[key]

    def definition_value(self, definition: Definition) -> Value:
        """What a definition of this scope gives its name."""
        if definition not in self._definitions:
            self._definitions[definition] = UNKNOWN
            self._definitions[definition] = evaluate.definition_value(self, definition)
        return self._definitions[definition]

    def outer_value(self, name: str) -> Value:
        """What a name that this scope does not bind holds: in functions around it, or in the module."""
        if self.is_module_level:
            return self.inquiry.global_value(name, before=self.piece)
        scope = self.parent
        while scope is not None:
            if scope.node is not None and name in scope.flow.definitions:
                return either([scope.definition_value(d) for d in scope.flow.definitions[name]])
            if scope.node is None and scope.parent is None and scope.is_module_level:
                break
            scope = scope.parent
        return self.inquiry.global_value(name)

    def parameter_annotation(self, name: str) -> Value:
        """What a parameter's annotation stands for; Unknown without one."""
        argument = next((d.node for d in self.flow.definitions.get(name, ()) if d.kind == "parameter"), None)
        annotation = getattr(argument, "annotation", None)
        if annotation is None:
            return UNKNOWN
        around = self.parent or self
        if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
            return around.text_value(annotation.value)
        return around.value(annotation)

    def text_value(self, text: str) -> Value:
        """What a quoted annotation stands for."""
        try:
            node = ast.parse(text.strip(), mode="eval").body
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return UNKNOWN
        return self.value(node)

    # ---- what is in it

    def together(self) -> tuple[Scope, ...]:
        """The scopes that run one after the other with this one: itself, or all of a module's top level."""
        if not self.is_module_level:
            return (self,)
        return tuple(self.inquiry.piece_scope(piece) for piece in self.inquiry.pieces("top level"))

    def function(self, node: FunctionNode) -> Scope:
        """The scope of a function defined directly in this one."""
        return self.inquiry.function_scope(self.piece, node, self)

    def functions(self) -> Iterator[Scope]:
        """The functions defined in this scope, those of its classes and those inside them too."""
        for node in self.flow.functions:
            yield from self.function(node).with_inner()
        for class_ in self.inner_classes():
            for method in class_.methods.values():
                yield from method.with_inner()

    def with_inner(self) -> Iterator[Scope]:
        """This scope and all functions inside it."""
        yield self
        yield from self.functions()

    def inner_classes(self) -> Iterator[Class]:
        """Classes defined in this scope, but for the one whose header the piece is."""
        for node in self.flow.classes:
            if self._kind is not Kind.CLASS or self.node is not None or node is not self.tree.body[-1]:
                yield Class.inner(self, node)

    @cached_property
    def calls(self) -> tuple[Call, ...]:
        """The calls of this scope, in evaluation order; those of functions defined inside it left out."""
        return tuple(
            Call(self, event.node, event.block, event.order)
            for event in self.flow.events
            if event.kind == "call" and isinstance(event.node, ast.Call)
        )

    def call_of(self, node: ast.AST) -> Call | None:
        """The call that a node of this scope is."""
        return self._calls_at.get(node)

    @cached_property
    def _calls_at(self) -> dict[ast.AST, Call]:
        return {call.node: call for call in self.calls}

    def call_with(self, callee: ast.AST) -> Call | None:
        """The call of this scope that calls the expression `callee`."""
        return next((call for call in self.calls if call.node.func is callee), None)

    def loops(self) -> Iterator[ast.For | ast.AsyncFor | ast.While]:
        """The loop statements of this scope, in order."""
        for node in self.flow.blocks:
            if isinstance(node, ast.For | ast.AsyncFor | ast.While):
                yield node

    def block_of(self, node: ast.AST) -> Block | None:
        """The block that a statement of this scope stands in."""
        return self.flow.blocks.get(node)

    def statement_of(self, node: ast.AST) -> ast.stmt | None:
        """The smallest statement of this scope that holds a node."""
        return self.flow.holders.get(node) or self._statement_around(node)

    def _statement_around(self, node: ast.AST) -> ast.stmt | None:
        """The same for a node of a lambda or a function inside the scope, by its place."""
        start, end = self.tree.span(node)
        best: ast.stmt | None = None
        for statement in self.flow.blocks:
            here = self.tree.span(statement)
            if (
                isinstance(statement, ast.stmt)
                and here.start <= start
                and end <= here.end
                and (
                    best is None
                    or here.end - here.start <= self.tree.span(best).end - self.tree.span(best).start
                )
            ):
                best = statement
        return best

    @cached_property
    def decorators(self) -> tuple[Value, ...]:
        """What the function's decorators stand for, outermost first."""
        around = self.parent or self
        return tuple(around.value(node) for node in getattr(self.node, "decorator_list", ()))

    @cached_property
    def returned(self) -> Value:
        """What calling the function returns; Unknown for a generator or if it is not known."""
        found: list[Value] = []
        for event in self.flow.events:
            if event.kind == "yield":
                return UNKNOWN
            if event.kind == "return":
                node = event.node
                value = node.body if isinstance(node, ast.Lambda) else getattr(node, "value", None)
                if value is not None:
                    found.append(self.value(value))
        return either(found)
