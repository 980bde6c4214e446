"""See rules/yaml/flow-style-dump.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding, Severity
from ml_lsp.fixes import add_argument, replace_node
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.values import Const, Entered, Ref, Result, Unknown, Value
from ml_lsp.semantics.versions import certainly_before


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report a configuration that is written to a file on one line, or back in another order."""
    if call.argument(1, "stream") is None or _is_data(call, rule):
        return
    node = call.argument(None, "default_flow_style")
    if node is not None and call.scope.value(node) == Const(True):
        keyword = next(word for word in call.node.keywords if word.value is node)
        yield rule.finding(call.scope.span(keyword), edits=[replace_node(call.scope, node, "False")])
    elif call.lacks(None, "default_flow_style") and _is_mixed_by_default(call):
        edits = [add_argument(call, "default_flow_style=False")]
        yield rule.finding(call.callee_span, edits=edits, message=rule.data["messages"]["old"])
    elif call.lacks(None, "sort_keys") and _is_written_back(call, rule):
        edits = [add_argument(call, "sort_keys=False")]
        yield rule.finding(
            call.callee_span, edits=edits, title="Add `sort_keys=False`", severity=Severity.INFO,
            message=rule.data["messages"]["sorted"],
        )  # fmt: skip


def _is_mixed_by_default(call: Call) -> bool:
    return certainly_before(call.scope.inquiry.versions, "pyyaml", "5.1")


def _is_data(call: Call, rule: Rule) -> bool:
    """Whether what is written is named as data, or goes to a file of it."""
    texts = [call.scope.text(arg).lower() for arg in call.node.args[:2]]
    return any(word in text for word in rule.data["data"] for text in texts)


def _is_written_back(call: Call, rule: Rule) -> bool:
    """Whether a configuration goes to the file that it was loaded from."""
    match call.argument_value(0, "data"):
        case Result(Ref(name), (source, *_)) if name in rule.data["loading"]:
            path, stream = _path(source), call.argument_value(1, "stream")
            return path is not None and stream is not None and path == _path(stream)
    return False


def _path(stream: Value) -> Value | None:
    """What is opened as a stream, if that can be told."""
    match stream.of if isinstance(stream, Entered) else stream:
        case Result(Ref("builtins.open"), (path, *_)) if not isinstance(path, Unknown):
            return path
    return None
