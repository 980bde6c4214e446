"""See rules/torch/numpy-on-attached-tensor.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.expected_errors import expects_an_error
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.torch.conversions import consumed, converted, is_attached, lies_on_gpu
from ml_lsp.semantics.values import Value
from ml_lsp.text import Edit, Span


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report conversions to NumPy of tensors that hang on the graph or lie on a GPU."""
    if is_test_code(call.scope) or expects_an_error(call):
        return
    if call.name in rule.data["consumers"]:
        for node, value in consumed(call):
            span = call.scope.span(node)
            yield from _finding(call, value, span, [Edit(Span(span.end, span.end), ".detach().cpu()")], rule)
        return
    found = converted(call, rule.data["functions"])
    if found is not None:
        value, in_list = found
        yield from _finding(call, value, call.span, [] if in_list else [_detached(call)], rule)


def _finding(call: Call, value: Value, span: Span, edits: list[Edit], rule: Rule) -> Iterator[Finding]:
    gpu = lies_on_gpu(value)
    if gpu or is_attached(call, value):
        yield rule.finding(span, edits=edits, message=rule.data["messages"]["gpu"] if gpu else "")


def _detached(call: Call) -> Edit:
    """`.detach().cpu()` behind the tensor."""
    scope = call.scope
    if call.method == "numpy":
        end = call.callee_span.end - len(".numpy")
        text = scope.text(call.node.func).removesuffix(".numpy")
        return Edit(Span(end, end), ".detach()" if text.endswith(".cpu()") else ".detach().cpu()")
    end = scope.span(call.node.args[0]).end
    return Edit(Span(end, end), ".detach().cpu()")
