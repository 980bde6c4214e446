"""See rules/torch/unstable-log.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import add_import, replace_node
from ml_lsp.semantics.body import Body
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.torch.exponentials import Unstable, is_mended, unstable_forms
from ml_lsp.semantics.values import Ref
from ml_lsp.text import Edit

_FUNCTIONS = {"logsigmoid": "{}", "negative logsigmoid": "-({})", "softplus": "{}"}


def check(body: Body, rule: Rule) -> Iterator[Finding]:
    """Report logarithms and quotients of exponentials that have a stable function."""
    if is_test_code(body.scope):
        return
    for scope in body.scopes:
        for found in unstable_forms(scope):
            if is_mended(found):
                continue
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
    if found.kind == "log_softmax":
        return _log_softmax(found)
    if found.kind == "logsumexp":
        return _logsumexp(found, argument)
    return []


def _log_softmax(found: Unstable) -> list[Edit]:
    """`log_softmax` with the arguments of the softmax; nothing for a layer or a function under its own name."""
    scope, func = found.scope, found.inner.func
    if not isinstance(func, ast.Attribute):
        return []
    if func.value is not found.argument and not isinstance(scope.value(func), Ref):
        return []
    written, called = scope.text(found.inner), scope.text(func)
    new = called.removesuffix("softmax") + "log_softmax" + written.removeprefix(called)
    return [replace_node(scope, found.node, new)]


def _logsumexp(found: Unstable, argument: str) -> list[Edit]:
    """`logsumexp` with the arguments of the sum, which must name a dimension."""
    call, scope = found.inner, found.scope
    given = call.args[1:] if isinstance(scope.value(call.func), Ref) else call.args
    rest = [scope.text(part) for part in (*given, *call.keywords)]
    if not rest or any(keyword.arg in ("input", "dtype", None) for keyword in call.keywords):
        return []
    name, edits = add_import(scope.inquiry, "torch", "logsumexp")
    return [*edits, replace_node(scope, found.node, f"{name}({', '.join([argument, *rest])})")]
