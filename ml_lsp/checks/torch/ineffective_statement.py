"""See rules/torch/ineffective-statement.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.semantics import library
from ml_lsp.semantics.body import Body
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.statements import lone_expressions, truth_tests
from ml_lsp.semantics.torch import is_model_name, is_module, is_optimizer, is_scaler, written_name
from ml_lsp.semantics.types import own_class_of
from ml_lsp.semantics.values import Attr, Ref
from ml_lsp.text import Edit


def check(body: Body, rule: Rule) -> Iterator[Finding]:
    """Report functions that are named and not called, and context managers that are not entered."""
    for scope in body.scopes:
        for node in truth_tests(scope):
            if _name(scope, node) in rule.data["questions"]:
                yield _uncalled(scope, node, rule)
        for statement in lone_expressions(scope):
            yield from _lone(scope, statement.value, rule)
        for node in scope.flow.blocks:
            if isinstance(node, ast.With | ast.AsyncWith):
                for item in node.items:
                    if _name(scope, item.context_expr) in rule.data["managers"]:
                        yield _uncalled(scope, item.context_expr, rule, safe=True)
        for call in scope.calls:
            given = call.argument(0, "params") or call.argument(0, "parameters")
            if call.name and given is not None and _takes_parameters(call.name, rule):
                if _is_parameters_method(scope, given):
                    yield _uncalled(scope, given, rule, safe=True)


def _name(scope: Scope, node: ast.expr) -> str:
    value = scope.value(node) if isinstance(node, ast.Attribute | ast.Name) else None
    return value.name if isinstance(value, Ref) else ""


def _uncalled(scope: Scope, node: ast.expr, rule: Rule, safe: bool = False) -> Finding:
    span = scope.span(node)
    edit = Edit(span, f"{scope.text(node)}()")
    return rule.finding(span, edits=[edit], safe=safe, name=scope.text(node))


def _lone(scope: Scope, node: ast.expr, rule: Rule) -> Iterator[Finding]:
    if isinstance(node, ast.Call):
        if _name(scope, node.func) in rule.data["managers"]:
            message = rule.data["messages"]["dropped"]
            yield rule.finding(scope.span(node), message=message, name=scope.text(node.func))
    elif _name(scope, node) in rule.data["actions"]:
        yield _uncalled(scope, node, rule)
    elif isinstance(node, ast.Attribute) and _is_method(scope, node, rule):
        yield _uncalled(scope, node, rule)


def _is_method(scope: Scope, node: ast.Attribute, rule: Rule) -> bool:
    """Whether an attribute is a method that is there for what it does, not a property."""
    own = own_class_of(scope, scope.value(node.value))
    if node.attr not in rule.data["methods"] or (own and own.method(node.attr)):
        return False
    owner = node.value
    known = is_module(scope, scope.value(owner)) or is_optimizer(scope, owner) or is_scaler(scope, owner)
    return known or is_model_name(written_name(owner)) or node.attr == "backward"


def _takes_parameters(name: str, rule: Rule) -> bool:
    return name in rule.data["clips"] or library.is_a(name, library.OPTIMIZER)


def _is_parameters_method(scope: Scope, node: ast.expr) -> bool:
    if not isinstance(node, ast.Attribute) or node.attr not in ("parameters", "named_parameters"):
        return False
    value = scope.value(node)
    if not isinstance(value, Attr) or own_class_of(scope, value.owner):
        return False
    return is_module(scope, value.owner) or is_model_name(written_name(node.value))
