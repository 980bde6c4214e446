"""What the other arm of an `if` or `try` does: a choice that is made around a call is no mistake of the call."""

from __future__ import annotations

import ast

from ml_lsp.semantics.call import Call
from ml_lsp.semantics.flow import Block
from ml_lsp.semantics.torch.training import exclude_each_other


def is_given_in_another_arm(call: Call, position: int | None, name: str) -> bool:
    """Whether another arm of an `if` around a call, or what catches its exceptions, gives an argument it lacks."""
    return any(
        other.name == call.name
        and not other.lacks(position, name)
        and (exclude_each_other(call.block, other.block) or _catches(call.block, other.block))
        for other in call.scope.calls
    )


def _catches(tried: Block, other: Block) -> bool:
    """Whether a block lies in a handler of the `try` around another."""
    bodies = {id(block.node) for block in tried.chain() if isinstance(block.node, ast.Try)}
    return any(id(block.node) in bodies and block.arm.startswith("handler") for block in other.chain())
