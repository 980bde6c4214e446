"""See rules/torch/ineffective-statement.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.semantics import library
from ml_lsp.semantics.body import Body
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.handlers import is_awaited
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.statements import lone_expressions, truth_tests
from ml_lsp.semantics.torch.objects import is_model_name, is_module, is_optimizer, is_scaler, written_name
from ml_lsp.semantics.types import own_class_of
from ml_lsp.semantics.values import Ref
from ml_lsp.text import Edit


def check(body: Body, rule: Rule) -> Iterator[Finding]:
    """Report functions that are named and not called, and context managers that are not entered."""
    for scope in body.scopes:
        for node in truth_tests(scope):
            if _is_one_of(scope, node, rule.data["questions"]):
                yield _uncalled(scope, node, rule)
        for statement in lone_expressions(scope):
            if not is_awaited(scope.flow.blocks[statement]):
                yield from _lone(scope, statement.value, rule)
        for block in scope.flow.blocks:
            for item in block.items if isinstance(block, ast.With | ast.AsyncWith) else ():
                if _is_one_of(scope, item.context_expr, rule.data["managers"]):
                    yield _uncalled(scope, item.context_expr, rule, safe=True)
        for call in scope.calls:
            given = _parameters_method(call, rule)
            if given is not None:
                yield _uncalled(scope, given, rule, safe=True)


def _is_one_of(scope: Scope, node: ast.expr, names: tuple[str, ...]) -> bool:
    """Whether an expression stands for one of these outside names; how it is written is looked at first."""
    if isinstance(node, ast.Attribute):
        written = node.attr
    elif isinstance(node, ast.Name):
        written = scope.inquiry.module.tables.imports.get(node.id, "").rpartition(".")[2]
    else:
        return False
    if not any(name.endswith(f".{written}") for name in names):
        return False
    value = scope.value(node)
    return isinstance(value, Ref) and value.name in names


def _uncalled(scope: Scope, node: ast.expr, rule: Rule, safe: bool = False) -> Finding:
    span = scope.span(node)
    told = getattr(scope.value(node), "name", "") in rule.data["needs_argument"]
    edits = [] if told else [Edit(span, f"{scope.text(node)}()")]
    return rule.finding(span, edits=edits, safe=safe, name=scope.text(node))


def _lone(scope: Scope, node: ast.expr, rule: Rule) -> Iterator[Finding]:
    if isinstance(node, ast.Call):
        if _is_one_of(scope, node.func, rule.data["managers"]):
            message = rule.data["messages"]["dropped"]
            yield rule.finding(scope.span(node), message=message, name=scope.text(node.func))
    elif _is_one_of(scope, node, rule.data["actions"]) or _is_method(scope, node, rule):
        yield _uncalled(scope, node, rule)


def _is_method(scope: Scope, node: ast.expr, rule: Rule) -> bool:
    """Whether an attribute is a method that is there for what it does, not a property."""
    if not isinstance(node, ast.Attribute) or node.attr not in rule.data["methods"]:
        return False
    own = own_class_of(scope, scope.value(node.value))
    if own is not None and own.method(node.attr) is not None:
        return False
    owner = node.value
    known = is_module(scope, scope.value(owner)) or is_optimizer(scope, owner) or is_scaler(scope, owner)
    return known or is_model_name(written_name(owner)) or node.attr == "backward"


def _parameters_method(call: Call, rule: Rule) -> ast.expr | None:
    """The method `parameters` where an optimizer or a clip is given it in the place of what it returns."""
    node = call.argument(0, "params") or call.argument(0, "parameters")
    if not isinstance(node, ast.Attribute) or node.attr not in ("parameters", "named_parameters"):
        return None
    name = call.name or ""
    if name not in rule.data["clips"] and not library.is_a(name, library.OPTIMIZER):
        return None
    owner = call.scope.value(node.value)
    if own_class_of(call.scope, owner) is not None:
        return None
    is_model = is_module(call.scope, owner) or is_model_name(written_name(node.value))
    return node if is_model else None
