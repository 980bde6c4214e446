"""See rules/torch/all-gather-aliased-list.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import replace_node
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.torch.objects import is_tensor
from ml_lsp.semantics.values import Const, Op, Value, identity
from ml_lsp.text import Edit

_LISTS = {
    "torch.distributed.all_gather": (0, "tensor_list"),
    "torch.distributed.gather": (1, "gather_list"),
    "torch.distributed.all_to_all": (0, "output_tensor_list"),
}


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report lists to gather into whose slots are all the same tensor."""
    place = _LISTS.get(call.name or "")  # none for a function that is imported here or there
    value = call.argument_value(*place) if place is not None else None
    if not isinstance(value, Op) or value.symbol != "*" or value.site is None:
        return
    scope, node = value.site.scope, value.site.node
    if scope is not call.scope or not isinstance(node, ast.BinOp):
        return
    match node:
        case (
            ast.BinOp(left=ast.List(elts=[item]), right=length)
            | ast.BinOp(left=length, right=ast.List(elts=[item]))
        ):
            once = scope.value(length) == Const(1)
            if is_tensor(scope, scope.value(item)) and not once and not _is_filled(scope, value):
                related = [scope.related(call.node, "gathered into here")]
                yield rule.finding(
                    scope.span(node), edits=_one_each(scope, node, item, length), related=related
                )


def _one_each(scope: Scope, node: ast.BinOp, item: ast.expr, length: ast.expr) -> list[Edit]:
    """The comprehension that makes a tensor for each slot; nothing if the tensor is made elsewhere."""
    if not isinstance(item, ast.Call):
        return []
    return [replace_node(scope, node, f"[{scope.text(item)} for _ in range({scope.text(length)})]")]


def _is_filled(scope: Scope, slots: Value) -> bool:
    """Whether slots of the list are bound anew."""
    return any(
        isinstance(event.node, ast.Subscript) and identity(scope.value(event.node.value)) == identity(slots)
        for event in scope.flow.events
        if event.kind == "store"
    )
