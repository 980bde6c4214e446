"""See rules/torch/eval-mode-not-restored.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import insert_before
from ml_lsp.semantics.body import Loop
from ml_lsp.semantics.reach import Act
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.torch.sticking import sticking_switch
from ml_lsp.semantics.values import Value, identity


def check(loop: Loop, rule: Rule) -> Iterator[Finding]:
    """Report the call after which a training loop stays in evaluation mode."""
    found = sticking_switch(loop) if not is_test_code(loop.scope) else None
    if found is None:
        return
    switch, module = found
    name = _written(switch, module)
    edits = [insert_before(loop.scope, loop.node.body[0], f"{name}.train()")] if name else []
    yield rule.finding(switch.top.span, edits=edits, model=name or "model")


def _written(switch: Act, module: Value) -> str:
    """How the body writes the module: in the call itself, or where it passes the module on."""
    top = switch.top
    func = top.node.func
    candidates = [*top.node.args, *(keyword.value for keyword in top.node.keywords)]
    if isinstance(func, ast.Attribute):
        candidates.append(func.value)
    plain = (node for node in candidates if isinstance(node, ast.Name | ast.Attribute))
    same = (node for node in plain if identity(top.scope.value(node)) == identity(module))
    return next((top.scope.text(node) for node in same), "")
