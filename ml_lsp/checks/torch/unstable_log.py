"""See rules/torch/unstable-log.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import add_import, replace_node
from ml_lsp.semantics.body import Body
from ml_lsp.semantics.exponentials import Unstable, unstable_forms
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.text import Edit

_FUNCTIONS = {"logsigmoid": "{}", "negative logsigmoid": "-({})", "softplus": "{}"}


def check(body: Body, rule: Rule) -> Iterator[Finding]:
    """Report logarithms and quotients of exponentials that have a stable function."""
    if is_test_code(body.scope):
        return
    for scope in body.scopes:
        for found in unstable_forms(scope):
            edits = _edits(found) if found.is_written_out else []
            yield rule.finding(scope.span(found.node), edits=edits, **rule.data["kinds"][found.kind])


def _edits(found: Unstable) -> list[Edit]:
    scope, argument = found.scope, found.scope.text(found.argument)
    if found.kind in _FUNCTIONS:
        plain = isinstance(found.argument, ast.Name | ast.Call | ast.Attribute)
        given = (
            f"-{argument}"
            if plain and found.kind.startswith("neg")
            else _FUNCTIONS[found.kind].format(argument)
        )
        name, edits = add_import(scope.inquiry, "torch.nn.functional", found.kind.rpartition(" ")[2])
        return [*edits, replace_node(scope, found.node, f"{name}({given})")]
    if found.kind == "log_softmax" and isinstance(found.inner.func, ast.Attribute):
        inner = scope.text(found.inner)
        end = len(scope.text(found.inner.func))
        text = f"{inner[: end - len('softmax')]}log_softmax{inner[end:]}"
        return [replace_node(scope, found.node, text)]
    if found.kind == "logsumexp":
        return _logsumexp(found, argument)
    return []


def _logsumexp(found: Unstable, argument: str) -> list[Edit]:
    """`logsumexp` with the arguments of the sum, which must name a dimension."""
    call, scope = found.inner, found.scope
    method = isinstance(call.func, ast.Attribute) and scope.call_of(call).name is None  # type: ignore[union-attr]
    rest = [scope.text(part) for part in (*call.args[0 if method else 1 :], *call.keywords)]
    if not rest or any(keyword.arg in ("input", "dtype", None) for keyword in call.keywords):
        return []
    name, edits = add_import(scope.inquiry, "torch", "logsumexp")
    return [*edits, replace_node(scope, found.node, f"{name}({', '.join([argument, *rest])})")]
