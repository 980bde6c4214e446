"""See rules/torch/graph-cut-before-backward.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding, Related
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.expected_errors import expects_an_error
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.torch.cuts import Cut, cuts, stacked
from ml_lsp.semantics.torch.objects import grad_is_off, is_scaler
from ml_lsp.syntax.trees import own_name
from ml_lsp.text import Edit


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report the operation that takes the loss off the graph before its backward."""
    scope, loss = call.scope, _loss(call)
    if loss is None or is_test_code(scope) or grad_is_off(scope, call.block) or expects_an_error(call):
        return
    for cut in cuts(scope, scope.value(loss)):
        site = cut.value.site
        if site is not None and site.scope.inquiry is scope.inquiry:
            related = [Related(call.span, "the backward that finds no way to the model")]
            yield rule.finding(site.scope.span(site.node), edits=_stack(site.scope, cut), related=related)
            return


def _loss(call: Call) -> ast.expr | None:
    """What a backward starts from: the loss of `loss.backward()` or `scaler.scale(loss).backward()`."""
    func, given = call.node.func, call.node.args
    if call.name == "torch.autograd.backward" or not isinstance(func, ast.Attribute):
        return given[0] if given else None
    if given and _is_accelerator(func.value):
        return given[0]
    match func.value:
        case ast.Call(func=ast.Attribute(value=scaler, attr="scale"), args=[loss]) if is_scaler(
            call.scope, scaler
        ):
            return loss
    return func.value


def _is_accelerator(node: ast.expr) -> bool:
    name = own_name(node)
    return "accelerator" in name or "fabric" in name


def _stack(scope: Scope, cut: Cut) -> Iterator[Edit]:
    given, node = stacked(scope, cut), cut.value.site.node if cut.value.site is not None else None
    if given is not None and isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        library = scope.text(node.func.value)
        yield Edit(scope.span(node), f"{library}.stack({scope.text(given)})")
