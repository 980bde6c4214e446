"""How many dimensions a tensor has, where the expression that made it says so."""

from __future__ import annotations

from ml_lsp.semantics.torch.objects import unwrapped
from ml_lsp.semantics.values import Attr, Const, Display, Ref, Result, Star, Value

_FACTORIES = frozenset(f"torch.{name}" for name in ("zeros", "ones", "empty", "rand", "randn"))
# Methods that only tensors have, and whose arguments are the sizes or dimensions of the result.
_SIZED = frozenset({"view", "permute", "expand", "new_zeros", "new_ones", "new_empty"})


def rank(value: Value) -> int | None:
    """The number of dimensions of a tensor; None if it is not known, or if the value may be no tensor."""
    match unwrapped(value):
        case Result(Ref(name), args) if name in _FACTORIES:
            return _count(args, 1)
        case Result(Attr(_, name), args) if name in _SIZED:
            return _count(args, 2)
    return None


def _count(sizes: tuple[Value, ...], least: int) -> int | None:
    """The number of sizes that are written out; fewer than `least` of them may be something else."""
    if len(sizes) == 1 and isinstance(sizes[0], Display):
        sizes, least = sizes[0].items, 1
    elif len(sizes) == 1 and not (isinstance(sizes[0], Const) and isinstance(sizes[0].value, int)):
        return None
    return None if len(sizes) < least or any(isinstance(size, Star) for size in sizes) else len(sizes)
