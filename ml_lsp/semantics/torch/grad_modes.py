"""What certainly switches autograd off around code: the innermost `with` or decorator decides."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.semantics.flow import Block
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.torch.objects import turns_grad_off
from ml_lsp.semantics.values import Ref, Result, Value, options

_MODES = frozenset({
    "torch.no_grad", "torch.inference_mode", "torch.enable_grad", "torch.set_grad_enabled",
})  # fmt: skip


def grad_guard(scope: Scope, block: Block) -> ast.expr | None:
    """What turns autograd off in a block of a function for certain: the `with` item or the decorator."""
    for node, value in _modes(scope, block):
        if any(_sets_mode(option) for option in options(value)):
            return node if all(turns_grad_off(option) for option in options(value)) else None
    return None


def _modes(scope: Scope, block: Block) -> Iterator[tuple[ast.expr, Value]]:
    for here in block.chain():
        if isinstance(here.node, ast.With | ast.AsyncWith):
            for item in reversed(here.node.items):
                yield item.context_expr, scope.value(item.context_expr)
    nodes = getattr(scope.node, "decorator_list", ())
    yield from reversed(list(zip(nodes, scope.decorators, strict=True)))


def _sets_mode(value: Value) -> bool:
    called = value.callee if isinstance(value, Result) else value
    return isinstance(called, Ref) and called.name in _MODES
