"""What code does on a GPU: calls that move tensors there, or make them there."""

from __future__ import annotations

from ml_lsp.semantics.reach import Act
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.types import own_class_of
from ml_lsp.semantics.values import Attr, Const, Ref, Result, Value, options

_DEVICE = "torch.device"
# Functions of torch.cuda that do not touch a GPU.
_ONLY_ASKING = frozenset({"torch.cuda.is_available", "torch.cuda.is_initialized", "torch.cuda.device_count"})
_DEEPEST = 4


def uses_cuda(act: Act) -> bool:
    """Whether a call may work on a GPU: `x.cuda()`, `x.to(device)`, `torch.zeros(3, device="cuda")`."""
    call, name = act.call, act.call.name
    if name is not None and name.startswith("torch.cuda."):
        return name.count(".") == 2 and name not in _ONLY_ASKING and name[11:12].islower()
    if call.method == "cuda" and name is None:
        return True
    moves = call.method == "to" and name is None
    if not moves and not (name or "").startswith("torch."):
        return False
    given = call.argument_value(0 if moves else None, "device")
    return name != _DEVICE and given is not None and can_be_cuda(call.scope, act.in_body(given))


def can_be_cuda(scope: Scope, device: Value, depth: int = _DEEPEST) -> bool:
    """Whether a device is a GPU on some way that the text shows: `"cuda" if cuda.is_available() else "cpu"`."""
    return depth > 0 and any(_is_cuda(scope, option, depth - 1) for option in options(device))


def _is_cuda(scope: Scope, device: Value, depth: int) -> bool:
    match device:
        case Const(str(name)):
            return name.startswith("cuda")
        case Result(Ref(name), (first, *_)) if name == _DEVICE:
            return can_be_cuda(scope, first, depth)
        case Attr(owner, name):
            own = own_class_of(scope, owner)
            assigned = own.assignments(name) if own is not None else ()
            values = [(one.scope, one.scope.value(one.value)) for one in assigned if one.value is not None]
            return any(can_be_cuda(where, value, depth) for where, value in values)
    return False
