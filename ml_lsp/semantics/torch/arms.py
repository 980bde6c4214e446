"""What the other arm of an `if` or `try` does: a choice that is made around a call is no mistake of the call."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.semantics.call import Call
from ml_lsp.semantics.flow import Block
from ml_lsp.semantics.torch.training import exclude_each_other


def in_other_arms(call: Call) -> Iterator[Call]:
    """The calls of a scope that run where a call does not: in another arm of an `if`, or of a `try` with handlers."""
    for other in call.scope.calls:
        one, two = call.block, other.block
        if exclude_each_other(one, two) or _catches(one, two) or _catches(two, one):
            yield other


def is_given_in_another_arm(call: Call, position: int | None, name: str) -> bool:
    """Whether the same call in another arm of an `if` or `try` gives an argument it lacks."""
    return any(other.name == call.name and not other.lacks(position, name) for other in in_other_arms(call))


def _catches(tried: Block, other: Block) -> bool:
    """Whether a block lies in a handler of the `try` around another."""
    bodies = {
        id(block.node) for block in tried.chain() if isinstance(block.node, ast.Try) and block.arm == "body"
    }
    return any(id(block.node) in bodies and block.arm.startswith("handler") for block in other.chain())
