"""See rules/loguru/diagnose-leaks-values.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import add_argument
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.libraries.loguru import is_set_outside
from ml_lsp.semantics.libraries.long_running import is_service
from ml_lsp.semantics.libraries.secrets import reads_secrets
from ml_lsp.semantics.libraries.sinks import sink_of
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.values import Const

_OFF = "LOGURU_DIAGNOSE"


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report a sink that keeps the values of variables, in code that is deployed or handles secrets."""
    sink, inquiry = sink_of(call), call.scope.inquiry
    if sink is None or sink.says("diagnose") or is_test_code(call.scope):
        return
    kept = sink.is_file or sink.is_sent or call.argument_value(None, "serialize") == Const(True)
    if not kept or inquiry.module.path.suffix == ".ipynb" or is_set_outside(inquiry, _OFF):
        return
    if is_service(inquiry) or inquiry.deployment("") or reads_secrets(inquiry):
        yield rule.finding(call.span, edits=[add_argument(call, "diagnose=False")])
