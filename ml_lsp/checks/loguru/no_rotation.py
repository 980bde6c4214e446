"""See rules/loguru/no-rotation.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import add_argument
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.libraries.long_running import grows_without_bound
from ml_lsp.semantics.libraries.sinks import sink_of
from ml_lsp.semantics.testcode import is_test_code


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report a file that a long-running program appends to for ever."""
    sink = sink_of(call)
    if sink is None or is_test_code(call.scope) or call.scope.inquiry.module.path.suffix == ".ipynb":
        return
    if grows_without_bound(sink):
        yield rule.finding(call.span, edits=[add_argument(call, 'rotation="100 MB"')])
