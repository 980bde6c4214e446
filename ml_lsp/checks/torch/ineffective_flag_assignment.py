"""See rules/torch/ineffective-flag-assignment.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.semantics.body import Body
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.statements import is_read
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.torch.objects import is_module
from ml_lsp.semantics.types import class_of, own_class_of
from ml_lsp.semantics.values import Attr, Const, Ref, Value, identity
from ml_lsp.text import Edit, Span


def check(body: Body, rule: Rule) -> Iterator[Finding]:
    """Report assignments to attributes that only look like PyTorch's flags."""
    if is_test_code(body.scope):
        return
    for scope in body.scopes:
        for event in scope.flow.events:
            node = event.node
            if event.kind == "store" and isinstance(node, ast.Attribute):
                if node.attr in rule.data["misspelt"]:
                    yield from _misspelt(scope, node, rule)
                elif node.attr in rule.data["setters"]:
                    yield from _on_a_module(scope, node, rule)
        for call in scope.calls:
            for keyword in call.node.keywords:
                name = keyword.arg or ""
                if name in rule.data["misspelt"] and _is_public_of_torch(call):
                    span = scope.span(keyword)
                    yield _renamed(rule, span, Span(span.start, span.start + len(name)))


def _is_public_of_torch(call: Call) -> bool:
    """Whether a call is of torch's public names: `Tensor._make_subclass` does take `require_grad`."""
    name = call.name or ""
    return name.startswith("torch.") and not name.rpartition(".")[2].startswith("_")


def _misspelt(scope: Scope, node: ast.Attribute, rule: Rule) -> Iterator[Finding]:
    """A misspelling, unless the code uses the name for something of its own."""
    on_self = isinstance(node.value, ast.Name) and node.value.id == scope.self_name
    if on_self or own_class_of(scope, scope.value(node.value)) or is_read(scope.inquiry, node.attr):
        return
    end = scope.span(node).end
    yield _renamed(rule, scope.span(node), Span(end - len(node.attr), end))


def _renamed(rule: Rule, span: Span, name: Span) -> Finding:
    edit = Edit(name, "requires_grad")
    message = rule.data["messages"]["misspelt"]
    return rule.finding(span, edits=[edit], message=message, title="Rename to `requires_grad`")


def _on_a_module(scope: Scope, node: ast.Attribute, rule: Rule) -> Iterator[Finding]:
    statement = scope.statement_of(node)
    if not isinstance(statement, ast.Assign) or not _sets_nothing_more(scope, node, rule):
        return
    value = scope.value(statement.value)
    name = scope.text(node.value)
    call = f"{name}.{rule.data['setters'][node.attr]}({scope.text(statement.value)})"
    if (isinstance(value, Const) and not isinstance(value.value, bool)) or _is_as_it_was(scope, node, value):
        return
    edits = [Edit(scope.span(statement), call)] if len(statement.targets) == 1 else []
    yield rule.finding(scope.span(node), edits=edits, flag=node.attr, call=call)


def _is_as_it_was(scope: Scope, node: ast.Attribute, value: Value) -> bool:
    """Whether the flag is what the same module had before, and the scope has not switched it meanwhile.

    The flag of another module says what kind of state that one is in: what replaces it takes it over alone.
    """
    marks = getattr(scope.node, "decorator_list", ())
    if scope.name == node.attr and any(
        isinstance(mark, ast.Attribute) and mark.attr == "setter" for mark in marks
    ):
        return True
    module = identity(scope.value(node.value))
    match value:
        case Attr(owner, name) if name == node.attr and identity(owner) != module:
            return is_module(scope, owner)
        case Attr(owner, name) if name == node.attr and identity(owner) == module:
            return not any(
                call.method in ("eval", "train", "requires_grad_")
                and call.receiver is not None
                and identity(call.receiver) == module
                for call in scope.calls
            )
    return False


def _sets_nothing_more(scope: Scope, node: ast.Attribute, rule: Rule) -> bool:
    """Whether the attribute is set on a module alone, with nothing behind it that reaches its children."""
    value = scope.value(node.value)
    if not is_module(scope, value) or (isinstance(node.value, ast.Name) and node.value.id == scope.self_name):
        return False
    own = own_class_of(scope, value)
    if own is not None:
        return own.method(node.attr) is None and not own.has_unknown_base
    found = class_of(scope, value)
    if node.attr == "training" and isinstance(found, Ref) and found.name.startswith("torch.nn."):
        return found.name in rule.data["containers"]
    return True
