"""What an `except` clause does with its exception: which types it catches, who uses it, how it ends."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from ml_lsp.semantics.call import Call
from ml_lsp.semantics.flow import Block, Load
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.values import Display, Ref, options

_EXITS = frozenset({"sys.exit", "os._exit", "os.abort", "builtins.exit", "builtins.quit"})
# Words of a loop that tries something until it works.
_ATTEMPTS = re.compile(r"(?i)attempt|retr(?:y|ies)|(?<![a-z])tries")


@dataclass(frozen=True, eq=False)
class Handler:
    """An `except` clause with the block that it runs."""

    scope: Scope
    node: ast.ExceptHandler
    block: Block

    @cached_property
    def caught(self) -> frozenset[str] | None:
        """The dotted names of what it catches, BaseException if bare; None if one cannot be told."""
        if self.node.type is None:
            return frozenset({"builtins.BaseException"})
        names: set[str] = set()
        for option in options(self.scope.value(self.node.type)):
            for one in option.items if isinstance(option, Display) else (option,):
                if not isinstance(one, Ref):
                    return None
                names.add(one.name)
        return frozenset(names)

    @cached_property
    def calls(self) -> tuple[Call, ...]:
        """The calls it makes, in order."""
        return tuple(call for call in self.scope.calls if call.block.inside(self.block))

    @cached_property
    def uses(self) -> tuple[Load, ...]:
        """The places that read its exception."""
        loads = self.scope.flow.loads_of.get(self.node.name or "", ())
        return tuple(load for load in loads if any(d.node is self.node for d in load.definitions))

    def mentions(self, node: ast.AST) -> bool:
        """Whether an expression reads the exception."""
        return any(_holds(self.scope, node, load.node) for load in self.uses)

    def is_said_only(self, told: Iterator[Call] | tuple[Call, ...]) -> bool:
        """Whether the exception is used in nothing but the arguments of some calls."""
        given = [arg for call in told for arg in arguments(call)]
        return all(any(_holds(self.scope, arg, load.node) for arg in given) for load in self.uses)

    @property
    def is_of_imports(self) -> bool:
        """Whether its `try` does nothing but import: what fails is told by the name of the module."""
        body = getattr(self.block.node, "body", ())
        return all(isinstance(statement, ast.Import | ast.ImportFrom) for statement in body)

    @property
    def is_of_an_attempt(self) -> bool:
        """Whether its `try` is tried again if it fails: the loop around it counts attempts or retries."""
        loops = (around.node for around in self.block.chain() if isinstance(around.node, ast.For))
        texts = (self.scope.text(part) for loop in loops for part in (loop.target, loop.iter))
        return any(_ATTEMPTS.search(text) for text in texts)

    @property
    def ends_the_work(self) -> bool:
        """Whether some way through it raises, or ends the program."""
        raises = any(e.kind == "raise" and e.block.inside(self.block) for e in self.scope.flow.events)
        return raises or any(call.name in _EXITS for call in self.calls)


def handler_of(call: Call) -> Handler | None:
    """The innermost `except` clause that a call stands in."""
    for block in call.block.chain():
        if isinstance(block.node, ast.Try | ast.TryStar) and block.arm.startswith("handler"):
            return Handler(call.scope, block.node.handlers[int(block.arm.split()[1])], block)
    return None


def is_awaited(block: Block) -> bool:
    """Whether what fails in a block is caught around it: code that is run to see whether it fails."""
    return any(
        isinstance(around.node, ast.Try | ast.TryStar) and around.arm == "body" and bool(around.node.handlers)
        for around in block.chain()
    )


def arguments(call: Call) -> list[ast.expr]:
    """The expressions that are passed to a call."""
    return [*call.node.args, *(keyword.value for keyword in call.node.keywords)]


def _holds(scope: Scope, outer: ast.AST, inner: ast.AST) -> bool:
    around, span = scope.tree.span(outer), scope.tree.span(inner)
    return around.start <= span.start and span.end <= around.end
