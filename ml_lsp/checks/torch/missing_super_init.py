"""See rules/torch/missing-super-init.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import insert_before
from ml_lsp.moving import move_before
from ml_lsp.semantics import library
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.classes import Class
from ml_lsp.semantics.dataclass_fields import is_dataclass
from ml_lsp.semantics.reach import acts
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.torch.instances import is_called
from ml_lsp.semantics.types import is_a
from ml_lsp.semantics.values import Param, Ref, Result
from ml_lsp.text import Edit

_REGISTERING = frozenset({"register_buffer", "register_parameter", "add_module", "register_module"})


def check(class_: Class, rule: Rule) -> Iterator[Finding]:
    """Report the first layer that a module assigns before it is set up, or a module that never is."""
    if not class_.is_a(library.MODULE) or class_.has_unknown_base or _may_be_set_up_early(class_):
        return
    init = class_.methods.get("__post_init__" if is_dataclass(class_) else "__init__")
    if init is None or init.self_name is None or not isinstance(init.node, ast.FunctionDef):
        return
    set_up = next((call for call in init.calls if _sets_up(call)), None)
    first = next(_registrations(init), None)
    if first is not None and (set_up is None or init.flow.order_of[first] < set_up.order):
        statement = init.statement_of(first)
        assert statement is not None
        edits, safe = _remedy(init, statement, set_up), set_up is None
        yield rule.finding(init.span(statement), edits=edits, safe=safe, what="A layer or tensor is set")
    elif set_up is None and first is None and "forward" in class_.methods and is_called(class_):
        edits = _remedy(init, init.node.body[0], None)
        yield rule.finding(init.name_span(init.node), edits=edits, what="The module is called")


def _may_be_set_up_early(class_: Class) -> bool:
    """Whether a metaclass, `__new__`, or a base in another file that may have one, can run `nn.Module.__init__` first."""
    outside = (base for one in class_.lineage() for base in one.bases if isinstance(base, Ref))
    own = any(keyword.arg == "metaclass" for one in class_.lineage() for keyword in one.node.keywords)
    if any("__new__" in one.methods for one in class_.lineage()):
        return True
    return own or not all(library.is_known_class(base.name) for base in outside)


def _sets_up(call: Call) -> bool:
    """Whether a call runs, or may run, `nn.Module.__init__`: itself or in a method that cannot be seen."""
    if call.method == "__init__":
        return True
    of_self = isinstance(call.receiver, Param) and call.receiver.name == call.scope.self_name
    of_super = isinstance(call.receiver, Result) and call.receiver.callee == Ref("builtins.super")
    if of_super or (of_self and call.target is None and call.method not in _REGISTERING):
        return True
    return any(act.call.method == "__init__" for act in acts([call]) if act.through)


def _registrations(init: Scope) -> Iterator[ast.AST]:
    """Where layers, parameters and buffers are given to `self`, in order."""
    for event in init.flow.events:
        match event.node:
            case ast.Attribute(value=ast.Name(id=name)) if event.kind == "store" and name == init.self_name:
                statement = init.statement_of(event.node)
                value = getattr(statement, "value", None)
                if value is not None and not isinstance(value, ast.Tuple) and _is_registered(init, value):
                    yield event.node
            case ast.Call(func=ast.Attribute(value=ast.Name(id=name), attr=method)):
                if name == init.self_name and method in _REGISTERING:
                    yield event.node


def _is_registered(init: Scope, value: ast.expr) -> bool:
    found = init.value(value)
    return is_a(init, found, library.MODULE, "torch.nn.Parameter", "torch.nn.Buffer")


def _remedy(init: Scope, statement: ast.stmt, set_up: Call | None) -> tuple[Edit, ...]:
    if set_up is None:
        body: list[ast.stmt] = getattr(init.node, "body", [])
        documented = (
            len(body) > 1 and isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant)
        )
        return (insert_before(init, body[1 if documented else 0], "super().__init__()"),)
    moved = init.statement_of(set_up.node)
    if moved is None or init.block_of(moved) is not init.block_of(statement):
        return ()
    return move_before(init, moved, statement)
