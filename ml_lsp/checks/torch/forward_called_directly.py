"""See rules/torch/forward-called-directly.yaml."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.torch.objects import is_module
from ml_lsp.semantics.types import is_a, own_class_of
from ml_lsp.text import Edit, Span

_ON_PURPOSE = re.compile(r"hook|raw|orig|direct|export|script", re.IGNORECASE)
# Words of a comment that says why `forward` is called.
_SAID = re.compile(
    r"hook|__call__|bypass|circumvent|avoid|skip|on purpose|intention|deliberate", re.IGNORECASE
)


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report `module.forward(...)` where the module could be called."""
    func, scope, receiver = call.node.func, call.scope, call.receiver
    if not isinstance(func, ast.Attribute) or receiver is None or is_test_code(scope):
        return
    if isinstance(func.value, ast.Name) and func.value.id in ("self", scope.self_name):
        return
    metric = is_a(scope, receiver, "torchmetrics.Metric")
    if metric or not is_module(scope, receiver) or _is_on_purpose(call):
        return
    own = own_class_of(scope, receiver)
    if own is not None and own.method("__call__") is not None:
        return
    span = Span(scope.span(func.value).end, call.callee_span.end)
    simple = scope.inquiry.module.split.text[span.start : span.end] == ".forward"
    model = scope.text(func.value)
    yield rule.finding(span, edits=[Edit(span, "")] if simple else [], safe=_is_plain(call), model=model)


def _is_on_purpose(call: Call) -> bool:
    """Whether code around the call speaks of hooks, replaces `forward` itself, or asks a new module for a shape."""
    if call.scope.name == "__init__":
        return True
    replaced = any(
        event.kind == "store" and isinstance(event.node, ast.Attribute) and event.node.attr == "forward"
        for event in call.scope.flow.events
    )
    said = _SAID.search(call.scope.comments_on(call.node))
    return replaced or bool(said) or bool(_ON_PURPOSE.search(call.scope.name))


def _is_plain(call: Call) -> bool | None:
    """None if no hook is registered in the module, so that calling computes the same; else False."""
    hooks = ("register_forward_hook", "register_forward_pre_hook", "register_full_backward_hook")
    return False if any(call.scope.inquiry.mentions(hook) for hook in hooks) else None
