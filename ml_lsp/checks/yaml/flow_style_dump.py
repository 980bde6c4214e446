"""See rules/yaml/flow-style-dump.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import replace_node
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.values import Const


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report a configuration that is written to a file on one line."""
    node = call.argument(None, "default_flow_style")
    if node is None or call.argument(1, "stream") is None:
        return
    if call.scope.value(node) in (Const(True), Const(None)) and not _is_data(call, rule):
        keyword = next(word for word in call.node.keywords if word.value is node)
        yield rule.finding(call.scope.span(keyword), edits=[replace_node(call.scope, node, "False")])


def _is_data(call: Call, rule: Rule) -> bool:
    """Whether what is written is named as data, or goes to a file of it."""
    texts = [call.scope.text(arg).lower() for arg in call.node.args[:2]]
    return any(word in text for word in rule.data["data"] for text in texts)
