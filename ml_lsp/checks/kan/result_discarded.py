"""See rules/kan/result-discarded.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import insert_text_before
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.results import is_kept_unread, is_thrown_away, is_used_later
from ml_lsp.semantics.types import is_a, own_class_of
from ml_lsp.semantics.versions import certainly_before


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report a new KAN that nobody takes, while work goes on with the old one."""
    if not isinstance(call.node.func, ast.Attribute) or not (is_thrown_away(call) or is_kept_unread(call)):
        return
    owner, method = call.node.func.value, call.node.func.attr
    if not _goes_on(call, owner) or not _makes_a_new_kan(call, rule):
        return
    since = rule.data["since"].get(method)
    if since and certainly_before(call.scope.inquiry.versions, "pykan", since):
        return
    edits = []
    if is_thrown_away(call) and isinstance(owner, ast.Name):
        edits = [insert_text_before(call.scope, call.node, f"{owner.id} = ")]
    yield rule.finding(call.span, edits=edits, method=method, name=call.scope.text(owner))


def _goes_on(call: Call, owner: ast.expr) -> bool:
    """Whether the model that stays as it was may be used after the call."""
    if not isinstance(owner, ast.Name):
        return isinstance(owner, ast.Attribute)
    in_notebook = call.scope.inquiry.module.path.suffix == ".ipynb"
    return (is_thrown_away(call) and not in_notebook) or is_used_later(call, owner.id)


def _makes_a_new_kan(call: Call, rule: Rule) -> bool:
    receiver = call.receiver
    if receiver is None or not is_a(call.scope, receiver, *rule.data["classes"]):
        return False
    own = own_class_of(call.scope, receiver)
    return own is None or own.method(call.method or "") is None
