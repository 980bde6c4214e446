"""What stays the same from call to call of a method: built of constants and of what `__init__` stored."""

from __future__ import annotations

import ast

from ml_lsp.semantics.call import Call
from ml_lsp.semantics.classes import Class
from ml_lsp.semantics.reach import Act
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.values import Attr, Const, Either, Entered, Item, Op, Param, Ref, Result, Value


def is_fixed(own: Class, value: Value) -> bool:
    """Whether a value, in terms of a method of a class, is the same whenever the method runs."""
    match value:
        case Const() | Ref():
            return True
        case Attr(Param() as owner, name) if _is_self(owner):
            return own.method(name) is None and _is_stored_once(own, name)
        case Attr(owner=of) | Entered(of):
            return is_fixed(own, of)
        case Item(owner, index):
            return is_fixed(own, owner) and is_fixed(own, index)
        case Result(callee, args, keywords):
            return all(is_fixed(own, part) for part in (callee, *args, *(item for _, item in keywords)))
        case Op("f-string" | "+" | "/" | "%", operands) | Either(operands):
            return all(is_fixed(own, part) for part in operands)
    return False


def _is_self(value: Param) -> bool:
    return value.site is not None and value.site.scope.self_name == value.name


def _is_stored_once(own: Class, attribute: str) -> bool:
    """Whether an attribute is set where the object is made, and nowhere later."""
    assigned = own.assignments(attribute)
    return bool(assigned) and all(one.scope.name in ("__init__", "<module>") for one in assigned)


def happens_always(act: Act) -> bool:
    """Whether an act happens whenever the body runs: behind no condition, in no loop, through no cache."""
    calls = (*act.through, act.call)
    helpers = (call.target for call in act.through)
    return all(map(_is_unconditional, calls)) and not any(helper and helper.decorators for helper in helpers)


def _is_unconditional(call: Call) -> bool:
    around = [block.node for block in call.block.chain() if block.parent is not None]
    return _runs_to(call.scope, call.order) and all(
        isinstance(node, ast.With | ast.AsyncWith) for node in around
    )


def _runs_to(scope: Scope, order: int) -> bool:
    """Whether nothing returns before something happens."""
    return not any(event.kind in ("return", "raise") and event.order < order for event in scope.flow.events)
