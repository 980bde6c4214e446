"""See rules/torch/export-in-train-mode.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import insert_before
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.torch.mode_layers import ModeLayers, depends_on_mode
from ml_lsp.semantics.torch.modes import freshly_made
from ml_lsp.semantics.versions import has_reached


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report the module that an export or a trace is given before anything switched it to eval mode."""
    node = call.argument(0, "model") or call.argument(0, "mod") or call.argument(0, "func")
    if node is None or isinstance(node, ast.Starred) or is_test_code(call.scope) or _switches(call, rule):
        return
    found = freshly_made(call.scope, call.scope.value(node), call)
    layers = ModeLayers.of(rule.data)
    if not found or not all(depends_on_mode(made.scope, made.value, layers) for made in found):
        return
    statement, text = call.scope.statement_of(node), call.scope.text(node)
    simple = isinstance(node, ast.Name | ast.Attribute) and statement is not None
    edits = [insert_before(call.scope, statement, f"{text}.eval()")] if simple and statement else []
    yield rule.finding(call.scope.span(node), edits=edits, model=text)


def _switches(call: Call, rule: Rule) -> bool:
    """Whether the exporter switches to eval mode by itself, may do so, or is told to export training."""
    if call.name != rule.data["onnx"]:
        return False
    if not call.lacks(None, "training"):
        return True
    dynamo = call.constant(None, "dynamo")
    told = dynamo is not None or not call.lacks(None, "dynamo")
    if told:
        return dynamo is not True
    return not has_reached(call.scope.inquiry.versions, "torch", rule.data["onnx_since"])
