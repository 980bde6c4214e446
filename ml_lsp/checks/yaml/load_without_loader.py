"""See rules/yaml/load-without-loader.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import replace_node
from ml_lsp.semantics.call import Call


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report a call that names no loader."""
    if call.node.args and call.lacks(1, "Loader"):
        yield rule.finding(call.callee_span, name=call.name)
