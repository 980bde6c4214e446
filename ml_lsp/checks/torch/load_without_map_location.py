"""See rules/torch/load-without-map-location.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import add_argument
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.torch.arms import is_given_in_another_arm
from ml_lsp.semantics.torch.devices import chooses_device
from ml_lsp.semantics.torch.loaded import words_about
from ml_lsp.semantics.torch.rereading import is_saved_before
from ml_lsp.semantics.values import Ref, Result

_POSITIONS = {"torch.load": 1, "torch.hub.load_state_dict_from_url": 2}


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report checkpoints that stay on the device they were saved from, in code that chooses its device."""
    position = _POSITIONS.get(call.name or "")  # none for a function that is imported here or there
    if position is None or not call.lacks(position, "map_location") or is_test_code(call.scope):
        return
    if isinstance(buffer := call.argument_value(0, "f"), Result) and buffer == Result(Ref("io.BytesIO")):
        return  # what this program has just written there
    if not chooses_device(call.scope.inquiry) or not _is_checkpoint(call, rule) or _is_under_device(call):
        return
    if is_given_in_another_arm(call, position, "map_location") or is_saved_before(call):
        return
    if _is_quantized(call):
        return
    argument = "map_location=device" if _knows_device(call) else 'map_location="cpu"'
    edits = [] if call.has_unpacking else [add_argument(call, argument)]
    yield rule.finding(call.span, edits=edits, argument=argument)


def _is_checkpoint(call: Call, rule: Rule) -> bool:
    """Whether the statement says that what is loaded are weights or the state of a training run."""
    statement = call.scope.statement_of(call.node)
    if statement is None or hasattr(statement, "body"):
        return False
    words = words_about(call)
    if not words.isdisjoint(rule.data["schedulers"]):  # their state holds no tensor
        return False
    if "load_state_dict" in call.scope.text(statement):
        return True
    return not words.isdisjoint(rule.data["checkpoints"]) and words.isdisjoint(rule.data["others"])


def _is_quantized(call: Call) -> bool:
    """Whether the weights are those of a dynamically quantized model: PyTorch has kernels for it on the CPU alone."""
    return "quantized" in words_about(call) and call.scope.inquiry.mentions("quantize_dynamic")


def _knows_device(call: Call) -> bool:
    """Whether code at the call may read a variable `device`."""
    scope = call.scope
    if any(definition.order < call.order for definition in scope.flow.definitions.get("device", ())):
        return True
    defined = scope.inquiry.pieces("defines", "device")
    return any(scope.is_function or piece < scope.piece for piece in defined)


def _is_under_device(call: Call) -> bool:
    """Whether `with torch.device(...)` around a call says where tensors go."""
    return any(
        isinstance(value := call.scope.value(item.context_expr), Result)
        and value.callee == Ref("torch.device")
        for block in call.block.chain()
        for item in getattr(block.node, "items", ())
    )
