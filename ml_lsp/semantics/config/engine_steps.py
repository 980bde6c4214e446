"""What code does by hand that DeepSpeed's engine does by itself: backward, steps, accumulation, mixed precision."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable

from ml_lsp.semantics import library
from ml_lsp.semantics.body import is_loop
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.config.engines import Initialized, named_config
from ml_lsp.semantics.flow import Block
from ml_lsp.semantics.torch.graph import upstream
from ml_lsp.semantics.torch.half_precision import is_float16_autocast
from ml_lsp.semantics.torch.objects import is_scaler
from ml_lsp.semantics.torch.parameters import origin, trained
from ml_lsp.semantics.torch.training import exclude_each_other
from ml_lsp.semantics.types import is_a
from ml_lsp.semantics.values import Const, Op, Result, Unknown, Value, item_under, options

_STEPS = "gradient_accumulation_steps"
_NAMES_STEPS = re.compile(r"accum|(?:^|[._])gas$", re.IGNORECASE)
_AUTOCASTS = ("torch.amp.autocast", "torch.cuda.amp.autocast")


def setting(made: Initialized, *path: str) -> Value | None:
    """What an engine's configuration says under a key: its file, or the dict that it is given in Python."""
    given = made.call.argument_value(10, "config") or made.call.argument_value(None, "config_params")
    if isinstance(given, Const) and isinstance(made.call.value, Result):
        file = named_config(made.call.scope.inquiry, made.call.value)
        node = file.root.get(*path) if file is not None else None
        return Const(node.value) if node is not None and node.kind == "scalar" else None
    return item_under(given, *path)


def is_plain_backward(call: Call, made: Initialized) -> bool:
    """Whether a call is `loss.backward()` on a loss that comes out of the engine or of its model."""
    loss = call.receiver if call.method == "backward" and not call.node.args else None
    called = (part.callee for part in upstream(loss) if isinstance(part, Result)) if loss else ()
    return any(made.is_engine(callee) or made.is_model(callee) for callee in called)


def is_own_step(call: Call, made: Initialized) -> bool:
    """Whether an optimizer that the engine knows nothing of steps the parameters of the engine's model."""
    if call.method != "step" or call.receiver is None or made.is_scheduler(call.receiver):
        return False
    owners = (
        trained(call.scope, call.receiver) if is_a(call.scope, call.receiver, library.OPTIMIZER) else None
    )
    return bool(owners) and all(made.is_model(owner) or made.is_engine(owner) for owner in owners or ())


def runs_with(call: Call, made: Initialized, owned: Iterable[Call]) -> bool:
    """Whether a call certainly runs where the engine trains: not in the arm of a condition that goes without it.

    `owned`: the engine's own calls.
    """
    if any(exclude_each_other(call.block, other.block) for other in owned):
        return False
    arms = _arms(call.block)
    return any(_arms(other.block) <= arms for other in (made.call, *owned))


def _arms(block: Block) -> set[tuple[int, str]]:
    return {(id(one.node), one.arm) for one in block.chain() if isinstance(one.node, ast.If | ast.Match)}


def accumulates(made: Initialized) -> Value | None:
    """The number of batches over which an engine is configured to accumulate, unless it is 1 or unknown."""
    if made.call.scope.inquiry.mentions("set_gradient_accumulation_boundary"):
        return None
    number = setting(made, _STEPS)
    if isinstance(number, Const):
        is_several = isinstance(number.value, int) and number.value > 1
        return number if is_several and setting(made, "managed_gradient_accumulation") is None else None
    return number


def waits_by_hand(step: Call, number: Value) -> bool:
    """Whether `engine.step()` stands under `if (i + 1) % n == 0:` although the engine counts to n itself."""
    for block in step.block.chain():
        if is_loop(block.node):
            return False
        test = block.node.test if isinstance(block.node, ast.If) and block.arm == "body" else None
        for part in ast.walk(test) if test is not None else ():
            if isinstance(part, ast.BinOp) and isinstance(part.op, ast.Mod):
                return _is_number(step, part.right, number)
    return False


def divided_by_hand(backward: Call, number: Value) -> ast.expr | None:
    """The expression `loss / n` that `engine.backward` is given although the engine divides by n itself."""
    scale = backward.constant(None, "scale_wrt_gas")
    loss = backward.argument_value(0, "loss") if scale is not False else None
    for option in options(loss) if loss is not None else ():
        match option:
            case Op("/" | "/=", (_, _)) if option.site is not None:
                node, scope = option.site.node, option.site.scope
                right = node.right if isinstance(node, ast.BinOp) else getattr(node, "value", None)
                if scope is backward.scope and right is not None and _is_number(backward, right, number):
                    return node if isinstance(node, ast.expr) else backward.argument(0, "loss")
    return None


def _is_number(call: Call, node: ast.expr, number: Value) -> bool:
    """Whether an expression is the number of accumulation steps: the value itself, or named so."""
    value = call.scope.value(node)
    if isinstance(value, Const) or not isinstance(number, Const):
        return value == number and not isinstance(value, Unknown)
    return _NAMES_STEPS.search(call.scope.text(node)) is not None


def scales_by_hand(call: Call, made: Initialized) -> bool:
    """Whether a gradient scaler scales a loss of an engine that is configured to do so itself."""
    if call.method != "scale" or not isinstance(call.node.func, ast.Attribute):
        return False
    if not is_scaler(call.scope, call.node.func.value) or not _is_float16(made):
        return False
    scaler = origin(call.scope, call.receiver) if call.receiver is not None else None
    return isinstance(scaler, Result) and scaler.keyword("enabled") in (None, Const(True)) and not scaler.args


def casts_by_hand(call: Call, made: Initialized) -> bool:
    """Whether a call opens autocast in float16 around an engine that is configured for float16."""
    if not is_float16_autocast(call, _AUTOCASTS) or not _is_float16(made):
        return False
    statement = call.scope.statement_of(call.node)
    return isinstance(statement, ast.With) and any(
        made.is_engine(other.callee) and any(one.node is statement for one in other.block.chain())
        for other in call.scope.calls
    )


def _is_float16(made: Initialized) -> bool:
    return setting(made, "fp16", "enabled") == Const(True)
