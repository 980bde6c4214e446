"""See rules/deepspeed/engine-bypassed.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import replace_node
from ml_lsp.semantics.body import Body, is_loop
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.config.engines import Initialized, initialized
from ml_lsp.semantics.reach import Act
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.torch.graph import upstream
from ml_lsp.semantics.torch.guards import is_unguarded
from ml_lsp.semantics.values import Attr, Result, Value
from ml_lsp.text import Edit

_CLIPS = ("torch.nn.utils.clip_grad_norm_", "torch.nn.utils.clip_grad_value_")


def check(body: Body, rule: Rule) -> Iterator[Finding]:
    """Report steps, clips and forwards that go past the engine which owns the training step."""
    if is_test_code(body.scope):
        return
    for made in initialized(body):
        later = [call for call in body.calls if call.when > made.call.when]
        if not any(
            _is_of_engine(call, made, "backward") or _is_of_engine(call, made, "step") for call in later
        ):
            continue
        found = [(call, text) for call in later if (text := _bypasses(call, made, later, rule))]
        if found:
            (first, text), *others = found
            related = [call.scope.related(call.node, "goes past the engine, too") for call, _ in others]
            edits = _instead(first, made, later)
            yield rule.finding(first.span, edits=edits, related=related, what=text)


def _is_of_engine(call: Call, made: Initialized, method: str) -> bool:
    return call.method == method and call.receiver is not None and made.is_engine(call.receiver)


def _bypasses(call: Call, made: Initialized, later: list[Call], rule: Rule) -> str:
    """What goes wrong with a call that the engine should make; empty for all others."""
    texts, receiver = rule.data["what"], call.receiver
    if call.method == "step" and receiver is not None:
        if made.is_optimizer(receiver):
            return str(texts["step"])
        return str(texts["schedule"]) if made.is_scheduler(receiver) else ""
    if call.name in _CLIPS:
        clipped = call.argument_value(0, "parameters")
        return str(texts["clip"]) if clipped is not None and _is_trained(clipped, made) else ""
    in_loop = any(is_loop(block.node) for block in call.block.chain())
    if in_loop and call.name is None and made.is_model(call.callee) and is_unguarded(Act(call)):
        return str(texts["forward"]) if _is_differentiated(call, made, later) else ""
    return ""


def _is_trained(parameters: Value, made: Initialized) -> bool:
    match parameters:
        case Result(Attr(owner, "parameters")):
            return made.is_model(owner) or made.is_engine(owner)
    return False


def _is_differentiated(call: Call, made: Initialized, later: list[Call]) -> bool:
    """Whether the engine's backward is given a loss that comes out of a call."""
    for other in later:
        loss = other.argument_value(0, "loss") if _is_of_engine(other, made, "backward") else None
        parts = upstream(loss) if loss is not None else ()
        if any(part.site is not None and part.site.node is call.node for part in parts):
            return True
    return False


def _instead(call: Call, made: Initialized, later: list[Call]) -> list[Edit]:
    """The engine's step in place of the optimizer's, where the engine does not step yet."""
    engine = next((other for other in later if _is_of_engine(other, made, "backward")), None)
    steps = any(_is_of_engine(other, made, "step") for other in later)
    if engine is None or steps or call.receiver is None or not made.is_optimizer(call.receiver):
        return []
    owner = engine.scope.text(engine.node.func).rpartition(".")[0]
    return [replace_node(call.scope, call.node, f"{owner}.step()")]
