"""See rules/torch/unregistered-parameter.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import add_import
from ml_lsp.semantics import library
from ml_lsp.semantics.classes import Class
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.torch.attributes import (
    Stored,
    goes_to_optimizer,
    is_differentiated_by_hand,
    is_handed_out,
    is_looked_after,
    is_read_elsewhere,
    stored,
)
from ml_lsp.semantics.values import Attr, Const, Op, Ref, Result, Value
from ml_lsp.text import Edit

_PARAMETER = "torch.nn.Parameter"
_OTHER_PLACES = (
    Const("cuda"),
    Ref("torch.float16"),
    Ref("torch.bfloat16"),
    Ref("torch.float64"),
    Ref("torch.half"),
)


def check(own: Class, rule: Rule) -> Iterator[Finding]:
    """Report attributes of a module that are meant to be trained and are no parameters."""
    if not own.is_a(library.MODULE) or is_test_code(own.scope):
        return
    for found in stored(own):
        made = _unregistered(found.value, rule)
        if not made or not is_read_elsewhere(own, found):
            continue
        if made == "leaf" and (is_differentiated_by_hand(own) or is_handed_out(own, found)):
            continue
        if not is_looked_after(own, found) and not goes_to_optimizer(found):
            edits = _as_parameter(found) if made == "leaf" else _inside(found)
            message = "" if made == "leaf" else rule.data["messages"]["result"]
            span = found.scope.span(found.node)
            yield rule.finding(span, edits=edits, message=message, name=found.name)


def _unregistered(value: Value, rule: Rule) -> str:
    """`leaf` for a tensor that requires grad, `result` for what is computed from a parameter."""
    match value:
        case Result(Ref(name)) if name in rule.data["factories"]:
            return "leaf" if value.keyword("requires_grad") == Const(True) else ""
        case Result(Attr(Result(Ref(name)), "requires_grad_"), args) if name in rule.data["factories"]:
            return "leaf" if not args or args[0] == Const(True) else ""
        case Result(Attr(Result(Ref(name)), step), args) if name == _PARAMETER:
            # `.to()` hands the parameter back where nothing is to be done
            is_moved = step == "to" and len(args) == 1 and args[0] in _OTHER_PLACES
            return "result" if step in rule.data["steps"] or is_moved else ""
        case Op(symbol, operands) if symbol in ("*", "/", "+", "-"):
            made = any(isinstance(o, Result) and o.callee == Ref(_PARAMETER) for o in operands)
            return "result" if made else ""
    return ""


def _as_parameter(found: Stored) -> Iterator[Edit]:
    """`torch.ones(d, requires_grad=True)` to `nn.Parameter(torch.ones(d))`."""
    scope, node = found.scope, found.node
    if not isinstance(node, ast.Call):
        return
    inner = scope.text(node)
    if isinstance(node.func, ast.Attribute) and node.func.attr == "requires_grad_":
        inner = scope.text(node.func.value)
    else:
        flag = next((k for k in node.keywords if k.arg == "requires_grad"), None)
        others = [*node.args, *(k for k in node.keywords if k is not flag)]
        inner = f"{scope.text(node.func)}({', '.join(scope.text(part) for part in others)})"
        if "\n" in scope.text(node) or "#" in scope.text(node):
            return
    written, imports = add_import(scope.inquiry, "torch.nn", "Parameter")
    yield from imports
    yield Edit(scope.span(node), f"{written}({inner})")


def _inside(found: Stored) -> Iterator[Edit]:
    """`nn.Parameter(t).cuda()` to `nn.Parameter(t.cuda())`, `nn.Parameter(t) * c` to `nn.Parameter(t * c)`."""
    scope = found.scope
    match found.node:
        case (
            ast.BinOp(
                left=ast.Call(func=func, args=[given], keywords=[]) as made, right=ast.Constant()
            ) as whole
        ):
            if isinstance(given, ast.Name | ast.Call | ast.Attribute | ast.Subscript):
                rest = scope.text(whole).removeprefix(scope.text(made))
                yield Edit(scope.span(whole), f"{scope.text(func)}({scope.text(given)}{rest})")
        case (
            ast.Call(
                func=ast.Attribute(value=ast.Call(func=func, args=[given], keywords=[]) as made)
            ) as whole
        ):
            if isinstance(given, ast.Name | ast.Call | ast.Attribute | ast.Subscript):
                step = scope.text(whole).removeprefix(scope.text(made))
                yield Edit(scope.span(whole), f"{scope.text(func)}({scope.text(given)}{step})")
