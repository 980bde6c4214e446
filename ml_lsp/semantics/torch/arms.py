"""What the other arm of an `if` does: a choice that is made around a call is no mistake of the call."""

from __future__ import annotations

from ml_lsp.semantics.call import Call
from ml_lsp.semantics.torch.training import exclude_each_other


def is_given_in_another_arm(call: Call, position: int | None, name: str) -> bool:
    """Whether another arm of an `if` around a call makes the same call with an argument that it lacks."""
    return any(
        other.name == call.name
        and not other.lacks(position, name)
        and exclude_each_other(call.block, other.block)
        for other in call.scope.calls
    )
