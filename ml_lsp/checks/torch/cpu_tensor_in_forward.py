"""See rules/torch/cpu-tensor-in-forward.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding, Related
from ml_lsp.fixes import add_argument
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.torch.devices import CpuTensor, meets_device_tensor, moves_to_a_device
from ml_lsp.semantics.torch.forwards import runs_at_each_call
from ml_lsp.semantics.values import Ref, Result


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report a tensor that forward makes on the CPU and mixes with tensors of the module."""
    scope = call.scope
    if not runs_at_each_call(scope) or is_test_code(scope) or not call.lacks(None, "device"):
        return
    if not call.lacks(None, "out"):
        return  # made where the tensor lies that is written into
    if not call.node.args or not _has_dimensions(call) or _is_on_a_device(call):
        return
    owner = scope.owner.name.lower() if scope.owner is not None else ""
    if "cpu" in owner or "onnx" in owner or not moves_to_a_device(scope.inquiry):
        return
    met = meets_device_tensor(scope, CpuTensor(call.node))
    if met is None:
        return
    partner = _input(call)
    edits = [add_argument(call, f"device={partner}.device")] if partner else []
    related = [Related(scope.span(met), "here it meets a tensor on the module's device")]
    yield rule.finding(call.span, edits=edits, related=related, name=scope.text(call.node.func))


def _has_dimensions(call: Call) -> bool:
    """Whether the tensor has a dimension: one of none may be mixed with tensors anywhere."""
    first = call.node.args[0]
    if call.name == "torch.tensor":
        return isinstance(first, ast.List | ast.Tuple | ast.ListComp)
    return not (isinstance(first, ast.Tuple | ast.List) and not first.elts)


def _is_on_a_device(call: Call) -> bool:
    """Whether `with torch.device(...):` says where tensors are made."""
    for block in call.block.chain():
        if isinstance(block.node, ast.With):
            entered = (call.scope.value(item.context_expr) for item in block.node.items)
            if any(
                isinstance(v, Result) and v.callee in (Ref("torch.device"), Ref("torch.cuda.device"))
                for v in entered
            ):
                return True
    return False


def _input(call: Call) -> str:
    """The first input of forward, where it is still what it was: its device is the module's."""
    node = call.scope.node
    if not isinstance(node, ast.FunctionDef) or len(node.args.args) < 2:
        return ""
    name = node.args.args[1].arg
    words = {
        n.value.id for n in ast.walk(node) if isinstance(n, ast.Attribute) and isinstance(n.value, ast.Name)
    }
    return name if name in words and not call.has_unpacking else ""
