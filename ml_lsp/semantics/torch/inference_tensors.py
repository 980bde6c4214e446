"""Tensors made under `torch.inference_mode()`, which autograd refuses to save for a backward pass."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ml_lsp.semantics.body import Body
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.torch.activations import NEUTRAL_METHODS
from ml_lsp.semantics.torch.grad_modes import grad_guard
from ml_lsp.semantics.torch.instances import constructions
from ml_lsp.semantics.torch.modules import has_state
from ml_lsp.semantics.torch.objects import grad_is_off, is_module, is_tensor, unwrapped
from ml_lsp.semantics.types import class_of, own_class_of
from ml_lsp.semantics.values import Attr, Ref, Result, Value, walk

_MODE = Ref("torch.inference_mode")
# What saves its input for the backward pass (run on torch 2.13): sums, cat and l1_loss do not.
_SAVING_LAYERS = re.compile(
    r"torch\.nn\.(?:Linear|Bilinear|Conv\w+|\w*BatchNorm\w*|LayerNorm|GroupNorm|Embedding)\Z"
)
_SAVING_LOSSES = re.compile(
    r"torch\.nn\.(?:MSELoss|CrossEntropyLoss|NLLLoss|BCELoss|BCEWithLogitsLoss|KLDivLoss"
    r"|functional\.(?:mse_loss|cross_entropy|nll_loss|binary_cross_entropy|binary_cross_entropy_with_logits|kl_div))\Z"
)


def saved_inference_tensors(body: Body) -> Iterator[tuple[Call, ast.expr]]:
    """The calls that need a tensor of inference mode for the backward pass that follows, and the argument."""
    backwards = [
        call.receiver for call in body.calls if call.method == "backward" and call.receiver is not None
    ]
    sites = {part.site.node for loss in backwards for part in walk(loss) if part.site is not None}
    for call in body.calls:
        if call.node in sites and not grad_is_off(call.scope, call.block):
            for argument in call.node.args[: _saved(call)]:
                if _is_of_inference_mode(call.scope, call.scope.value(argument)):
                    yield call, argument
                    break


def _saved(call: Call) -> int:
    """How many of its first arguments a call saves for the backward pass."""
    if isinstance(call.callee, Ref):
        return 2 if _SAVING_LOSSES.match(call.callee.name) else 0
    found = class_of(call.scope, call.callee)
    if isinstance(found, Ref) and _SAVING_LOSSES.match(found.name):
        return 2
    made = constructions(call.scope, call.callee)
    if made:
        return int(all(_saves_input(one) for one in made))
    own = own_class_of(call.scope, unwrapped(call.callee))
    return int(own is not None and has_state(call.scope, call.callee))


def _saves_input(made: Result) -> bool:
    name = made.callee.name if isinstance(made.callee, Ref) else ""
    if name == "torch.nn.Sequential" and made.args and isinstance(made.args[0], Result):
        return _saves_input(made.args[0])
    return bool(_SAVING_LAYERS.match(name))


def _is_of_inference_mode(scope: Scope, value: Value) -> bool:
    """Whether a value is certainly a tensor that a call in a block of inference mode returns."""
    while (
        isinstance(value, Result) and isinstance(value.callee, Attr) and value.callee.name in NEUTRAL_METHODS
    ):
        if value.callee.name == "clone":
            return False
        value = value.callee.owner
    if not isinstance(value, Result) or value.site is None or value.site.scope is not scope:
        return False
    statement = scope.statement_of(value.site.node)
    block = scope.block_of(statement) if statement is not None else None
    guard = grad_guard(scope, block) if block is not None else None
    mode = scope.value(guard) if guard is not None else None
    if not isinstance(mode, Result) or mode.callee != _MODE:
        return False
    return is_tensor(scope, value) or is_module(scope, value.callee)
