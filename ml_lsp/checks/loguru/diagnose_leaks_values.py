"""See rules/loguru/diagnose-leaks-values.yaml."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import add_argument
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.semantics.libraries.long_running import is_service
from ml_lsp.semantics.libraries.sinks import sink_of
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.values import Const

_SECRET = re.compile(r"[A-Z][A-Z0-9_]*_(?:KEY|TOKEN|PASSWORD|PASSWD|SECRET|CREDENTIALS)\Z")


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report a sink that keeps the values of variables, in code that is deployed or handles secrets."""
    sink, inquiry = sink_of(call), call.scope.inquiry
    if sink is None or sink.says("diagnose") or is_test_code(call.scope):
        return
    kept = sink.is_file or call.argument_value(None, "serialize") == Const(True)
    if not kept or inquiry.module.path.suffix == ".ipynb" or inquiry.mentions("LOGURU_DIAGNOSE"):
        return
    if inquiry.deployment("LOGURU_DIAGNOSE"):
        return
    if is_service(inquiry) or inquiry.deployment("") or _handles_secrets(inquiry):
        yield rule.finding(call.span, edits=[add_argument(call, "diagnose=False")])


def _handles_secrets(inquiry: Inquiry) -> bool:
    """Whether the module, or one that imports it, reads keys or passwords from the environment."""
    for one in (inquiry, *inquiry.importers()):
        if one.mentions("environ") or one.mentions("getenv"):
            one.pieces("everything")  # what is said here rests on any word of the module
            if any(map(_SECRET.match, one.module.words)):
                return True
    return False
