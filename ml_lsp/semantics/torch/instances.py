"""Which constructor calls made an object, followed through variables, attributes and `.to(device)`."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ml_lsp.semantics.classes import class_of_name
from ml_lsp.semantics.mentioning import calls_mentioning
from ml_lsp.semantics.torch.objects import unwrapped
from ml_lsp.semantics.types import own_class_of
from ml_lsp.semantics.values import Attr, Const, Either, Param, Ref, Result, Value
from ml_lsp.syntax.trees import own_name

if TYPE_CHECKING:
    from ml_lsp.semantics.call import Call
    from ml_lsp.semantics.classes import Class
    from ml_lsp.semantics.scope import Scope

_DEEPEST = 8


def constructions(scope: Scope, value: Value, depth: int = _DEEPEST) -> tuple[Result, ...]:
    """The calls that may have made an object (`nn.BCELoss()`); none if one of them cannot be told."""
    value = unwrapped(value)
    if depth == 0:
        return ()
    match value:
        case Either(found):
            return _all_of(scope, [option for option in found if option != Const(None)], depth)
        case Attr(owner, name):
            own = own_class_of(scope, owner)
            assigned = own.assignments(name) if own is not None else ()
            if any(one.value is None for one in assigned):
                return ()
            values = [one.scope.value(one.value) for one in assigned if one.value is not None]
            return _all_of(scope, [option for option in values if option != Const(None)], depth)
        case Result(Ref()):
            return (value,)
    return ()


def _all_of(scope: Scope, values: list[Value], depth: int) -> tuple[Result, ...]:
    found: list[Result] = []
    for value in values:
        made = constructions(scope, value, depth - 1)
        if not made:
            return ()
        found += made
    return tuple(found)


def is_called(class_: Class) -> bool:
    """Whether an object of a class is called in its module: `criterion = Focal()`, `criterion(x, y)`.

    Looks under the variables and attributes that objects are assigned to where they are made. Calls of `self`
    and of parameters do not count: they may run a subclass.
    """
    inquiry = class_.scope.inquiry
    called = calls_mentioning(inquiry, class_.name)
    making = [call for call in called if own_name(call.node.func) == class_.name and _makes(call, class_)]
    names = {name for call in making for name in _names_of_made(call)}
    return any(call.scope.call_with(call.node) for call in making) or any(
        own_name(call.node.func) in names
        and not isinstance(call.callee, Ref | Param)
        and own_class_of(call.scope, unwrapped(call.callee)) is class_
        for call in calls_mentioning(inquiry, *sorted(names))
    )


def _makes(call: Call, class_: Class) -> bool:
    return class_of_name(call.scope, call.callee) is class_


def _names_of_made(call: Call) -> Iterator[str]:
    """The variables and attributes that get the object which a call makes."""
    statement = call.scope.statement_of(call.node)
    if isinstance(statement, ast.Assign):
        yield from (own_name(target) for target in statement.targets if own_name(target))


def uses_of(class_: Class, function: str) -> Iterator[Call]:
    """The calls of an outside function, by its dotted name, whose first argument is an object of a class."""
    for call in calls_mentioning(class_.scope.inquiry, function.rpartition(".")[2]):
        if call.name == function and call.node.args:
            given = unwrapped(call.scope.value(call.node.args[0]))
            if own_class_of(call.scope, given) is class_:
                yield call
