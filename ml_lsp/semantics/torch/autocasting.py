"""Where autocast is on: by the nearest `with` or decorator that sets it."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.semantics.call import Call
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.signatures import default_of
from ml_lsp.semantics.values import Const, Param, Ref, Result, Value

_AUTOCAST = "torch.amp.autocast"
_CUDA_AUTOCAST = "torch.cuda.amp.autocast"


def is_under_cuda_autocast(call: Call) -> bool:
    """Whether a call stands in a block or function in which autocast for CUDA is on."""
    for entered in _entered(call):
        match entered:
            case Result(Ref(name)) if name in (_AUTOCAST, _CUDA_AUTOCAST):
                return _is_on(entered, name) and _device(entered, name) == Const("cuda")
    return False


def _is_on(entered: Result, name: str) -> bool:
    enabled = entered.argument(2 if name == _AUTOCAST else 0, "enabled")
    return enabled != Const(False) and not (isinstance(enabled, Param) and _is_off_by_default(enabled))


def _is_off_by_default(flag: Param) -> bool:
    """Whether the default of a parameter is False: who writes that may want autocast off here."""
    default = default_of(flag)
    return isinstance(default, ast.Constant) and default.value is False


def _device(entered: Result, name: str) -> Value | None:
    return Const("cuda") if name == _CUDA_AUTOCAST else entered.argument(0, "device_type")


def _entered(call: Call) -> Iterator[Value]:
    """What is entered around a call, inside out, then what decorates the functions around it."""
    for block in call.block.chain():
        if isinstance(block.node, ast.With | ast.AsyncWith):
            for item in reversed(block.node.items):
                yield call.scope.value(item.context_expr)
    scope: Scope | None = call.scope
    while scope is not None:
        yield from reversed(scope.decorators)
        scope = scope.parent
