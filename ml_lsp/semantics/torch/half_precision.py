"""Training in float16: where code asks for it, and whether anything scales the loss."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.semantics import library
from ml_lsp.semantics.body import Body
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.semantics.reach import Act
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.torch.objects import grad_is_off, is_module, unwrapped
from ml_lsp.semantics.torch.training import acts_of, is_backward, is_managed_step, is_step
from ml_lsp.semantics.values import Attr, Const, Ref, Result, Value, identity, walk

_FLOAT16 = (Ref("torch.float16"), Ref("torch.half"))
_CUDA_ONLY = "torch.cuda.amp.autocast"
# Whoever speaks of one of these scales the loss, or keeps float32 weights beside the float16 ones.
_SCALING = (
    "GradScaler", "ShardedGradScaler", "scaler", "grad_scaler", "loss_scale", "loss_scaler", "scale_loss",
    "FP16_Optimizer", "dynamic_loss_scale", "deepspeed", "accelerate", "MixedPrecision", "Accelerator",
    "Fabric", "apex", "peft", "bitsandbytes", "master_params",
)  # fmt: skip


def scales_the_loss(inquiry: Inquiry) -> bool:
    """Whether the module, or one that imports it, may do loss scaling of whatever kind."""
    return any(place.mentions(word) for place in (inquiry, *inquiry.importers()) for word in _SCALING)


def training_acts(body: Body) -> tuple[Act, ...]:
    """What a body that trains by itself does; nothing if it does not, or a framework owns the step."""
    row = acts_of(body)
    if not any(map(is_step, row)) or not any(map(is_backward, row)) or is_managed_step(body.scope, row):
        return ()
    return row


def is_float16_autocast(call: Call, names: tuple[str, ...]) -> bool:
    """Whether a call certainly switches autocast to float16, by its dtype or the default of the device."""
    if call.name not in names:
        return False
    older = call.name == _CUDA_ONLY  # enabled, dtype; else device_type, dtype, enabled
    dtype, enabled = call.argument_value(1, "dtype"), call.argument_value(0 if older else 2, "enabled")
    if enabled not in (None, Const(True)) or call.has_unpacking:
        return False
    device = "cuda" if older else call.constant(0, "device_type")
    return device == "cuda" if dtype is None else dtype in _FLOAT16 and device != "cpu"


def feeds_backward(call: Call, row: tuple[Act, ...]) -> bool:
    """Whether a loss that runs backward is computed in the `with` block that a call opens."""
    scope = call.scope
    blocks = {id(other.node): other.block for other in scope.calls}
    entered = {s: [item.context_expr for item in getattr(s, "items", ())] for s in scope.flow.blocks}
    holders = [statement for statement, items in entered.items() if call.node in items]
    if not holders or grad_is_off(scope, call.block):
        return False
    for act in row:
        if is_backward(act) and act.receiver is not None and not act.through:
            sites = (part.site for part in walk(act.receiver))
            found = (blocks.get(id(site.node)) for site in sites if site is not None)
            chains = (block.chain() for block in found if block is not None)
            if any(here.node is holders[0] for chain in chains for here in chain):
                return True
    return False


def half_models(scope: Scope) -> Iterator[tuple[Call, Value]]:
    """The calls that convert a module to float16, with the module."""
    for call in scope.calls:
        to_half = call.method == "half" and not call.node.args
        to_half = to_half or (call.method == "to" and call.argument_value(0, "dtype") in _FLOAT16)
        if to_half and call.receiver is not None and is_module(scope, call.receiver):
            yield call, unwrapped(call.receiver)


def optimizer_of(scope: Scope, model: Value) -> Call | None:
    """The call of a scope that makes an optimizer for all parameters of a model."""
    for call in scope.calls:
        if call.name is not None and library.is_a(call.name, library.OPTIMIZER):
            match call.argument_value(0, "params"):
                case Result(Attr(owner, "parameters")) if identity(unwrapped(owner)) == identity(model):
                    return call
    return None


def rounds_away(optimizer: Call) -> bool:
    """Whether an optimizer's eps is 0 in float16, so that it divides by 0: the default of the Adam family."""
    eps = optimizer.argument_value(None, "eps")
    if eps is None:
        return "Adam" in (optimizer.name or "") and optimizer.lacks(None, "eps")
    return isinstance(eps, Const) and isinstance(eps.value, float) and eps.value <= 2e-8
