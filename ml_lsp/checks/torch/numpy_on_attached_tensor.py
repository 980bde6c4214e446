"""See rules/torch/numpy-on-attached-tensor.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.conversions import converted, is_attached, lies_on_gpu
from ml_lsp.semantics.expected_errors import expects_an_error
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.text import Edit, Span


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report conversions to NumPy of tensors that hang on the graph or lie on a GPU."""
    found = converted(call, rule.data["functions"])
    if found is None or is_test_code(call.scope) or expects_an_error(call):
        return
    value, in_list = found
    gpu = lies_on_gpu(value)
    if gpu or is_attached(call, value):
        message = rule.data["messages"]["gpu"] if gpu else ""
        edits = [] if in_list else [_detached(call)]
        yield rule.finding(call.span, edits=edits, message=message)


def _detached(call: Call) -> Edit:
    """`.detach().cpu()` behind the tensor."""
    scope = call.scope
    if call.method == "numpy":
        end = call.callee_span.end - len(".numpy")
        text = scope.text(call.node.func).removesuffix(".numpy")
        return Edit(Span(end, end), ".detach()" if text.endswith(".cpu()") else ".detach().cpu()")
    end = scope.span(call.node.args[0]).end
    return Edit(Span(end, end), ".detach().cpu()")
