"""Training loops that put their model into evaluation mode and never back."""

from __future__ import annotations

import ast
import re

from ml_lsp.semantics.body import Loop
from ml_lsp.semantics.flow import Block
from ml_lsp.semantics.reach import Act, acts
from ml_lsp.semantics.torch.mode_switches import is_mode_free, may_switch_on, switched_off
from ml_lsp.semantics.torch.objects import (
    grad_is_off,
    is_managed,
    is_model_name,
    is_module,
    last_name,
    unwrapped,
)
from ml_lsp.semantics.torch.training import (
    TrainLoop,
    is_backward,
    is_framework_backward,
    is_hidden_method,
    is_step,
    is_unknown,
    passes,
)
from ml_lsp.semantics.values import Value, identity

_FROZEN = re.compile(
    r"ema|teacher|target|ref(?:erence)?_|vae|autoencoder|feature|lpips|vgg|clip|text_?encoder|tokenizer|pretrained"
    r"|frozen|average|swa",
    re.IGNORECASE,
)


def sticking_switch(loop: Loop) -> tuple[Act, Value] | None:
    """The call that leaves the trained model in evaluation mode for the rest of the loop, and the model."""
    asked = loop.scope.inquiry
    if not asked.mentions("backward") or is_managed(loop.scope) or TrainLoop(loop).runs_once:
        return None
    found = tuple(acts(loop.calls))
    if any(map(may_switch_on, found)) or not any(map(is_step, found)):
        return None
    backwards = [act for act in found if is_backward(act)]
    if not backwards or any(map(is_framework_backward, backwards)) or any(map(is_hidden_method, found)):
        return None
    for act in found:
        module = switched_off(act)
        directly = loop.holds_directly(act.block) and not _is_last_round(loop, act.block)
        if module is not None and directly and _sticks(loop, act, module, found):
            return act, module
    return None


def _sticks(loop: Loop, switch: Act, module: Value, found: tuple[Act, ...]) -> bool:
    name = last_name(module)
    known = is_module(loop.scope, module) or is_model_name(name)
    if not known or _FROZEN.search(name) or _leaves(loop, switch):
        return False
    if any(is_unknown(act) and passes(act, module) and not _runs(act, module) for act in found):
        return False
    return _is_trained(module, found) and not is_mode_free(loop.scope, module)


def _runs(act: Act, module: Value) -> bool:
    return identity(unwrapped(act.in_body(act.call.callee))) == identity(unwrapped(module))


def _is_trained(module: Value, found: tuple[Act, ...]) -> bool:
    """Whether the module runs with gradients beside a backward."""
    scopes = {act.call.scope for act in found if is_backward(act)}
    return any(
        _runs(act, module) and act.call.scope in scopes and not grad_is_off(act.call.scope, act.call.block)
        for act in found
    )


def _is_last_round(loop: Loop, block: Block) -> bool:
    """Whether a block runs only where the loop's counter has a value that is worked out: `i == len(loader)`."""
    counters = (
        {part.id for part in ast.walk(loop.node.target) if isinstance(part, ast.Name)}
        if isinstance(loop.node, ast.For | ast.AsyncFor)
        else set()
    )
    tests = (here.node.test for here in block.chain() if isinstance(here.node, ast.If))
    return any(
        isinstance(part, ast.Compare)
        and isinstance(part.left, ast.Name)
        and part.left.id in counters
        and isinstance(part.ops[0], ast.Eq | ast.NotEq)
        and not isinstance(part.comparators[0], ast.Constant)
        for test in tests
        for part in ast.walk(test)
    )


def _leaves(loop: Loop, switch: Act) -> bool:
    """Whether the loop ends soon after the switch: its block ends in `break` or `return`."""
    statement = loop.scope.statement_of(switch.top.node)
    block = loop.scope.block_of(statement) if statement is not None else None
    siblings = [node for node, place in loop.scope.flow.blocks.items() if place is block]
    return bool(siblings) and isinstance(siblings[-1], ast.Break | ast.Return | ast.Raise)
