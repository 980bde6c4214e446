"""Values that certainly carry an autograd graph: losses, what models return, what is made of them."""

from __future__ import annotations

import re
from collections.abc import Hashable, Iterator
from dataclasses import dataclass
from functools import cached_property

from ml_lsp.semantics import library, types
from ml_lsp.semantics.body import body_of
from ml_lsp.semantics.reach import Act
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.targets import target
from ml_lsp.semantics.torch.autograd import is_on_graph
from ml_lsp.semantics.torch.graph import inputs, leaves
from ml_lsp.semantics.torch.instances import constructions
from ml_lsp.semantics.torch.models import evident_modules, model_of
from ml_lsp.semantics.torch.objects import grad_is_off, last_name, unwrapped
from ml_lsp.semantics.torch.training import acts_of, is_backward, is_framework_backward
from ml_lsp.semantics.types import arguments_of
from ml_lsp.semantics.values import (
    Attr,
    Const,
    Display,
    Either,
    Global,
    Item,
    Local,
    Op,
    Ref,
    Result,
    Value,
    identity,
    options,
    substitute,
)

_LOSS_NAME = re.compile(
    r"(?:^|_)(?:criterion|loss|loss_?fn|loss_?func|loss_?function)(?:_|\d|\Z)", re.IGNORECASE
)
_LOSS_FUNCTION = re.compile(r"torch\.nn\.functional\.(?:\w*_loss|\w*cross_entropy\w*|kl_div)\Z")
_REDUCING = frozenset(
    {"mean", "sum", "norm", "squeeze", "clone", "float", "double", "half", "to", "cpu", "cuda"}
)
_DEEPEST = 10


@dataclass(frozen=True, eq=False)
class Graphs:
    """What carries a graph in one body."""

    scope: Scope

    @cached_property
    def acts(self) -> tuple[Act, ...]:
        """What the body does."""
        return acts_of(body_of(self.scope))

    @cached_property
    def backwards(self) -> tuple[Act, ...]:
        """The backward calls of the body."""
        return tuple(act for act in self.acts if is_backward(act))

    @cached_property
    def differentiated(self) -> frozenset[Hashable]:
        """The identities of the tensors that backward is called on: scalars, all of them."""
        return frozenset(identity(value) for act in self.backwards for value in _losses(act))

    def carries(self, value: Value, depth: int = _DEEPEST) -> bool:
        """Whether a value certainly carries a graph."""
        if depth == 0:
            return False
        if identity(value) in self.differentiated:
            return True
        match value:
            case Either(found):
                return all(self.carries(option, depth - 1) for option in found)
            case Result():
                return self._is_result_carrying(value, depth - 1)
            case Item(Result()) if is_free(self.scope, value):
                return False
            case Op() | Item() | Attr():
                return any(self.carries(part, depth - 1) for part in inputs(value))
        return is_on_graph(self.scope, value)

    def is_scalar(self, value: Value, depth: int = _DEEPEST) -> bool:
        """Whether a value certainly has one element: a loss, or a number times one."""
        if identity(value) in self.differentiated:
            return True
        match value:
            case Result(Ref(name)):
                return bool(_LOSS_FUNCTION.search(name)) and _reduces(value)
            case Result(callee):
                made = constructions(self.scope, callee)
                return self._is_criterion(callee) and all(map(_reduces, made))
            case Op(_, operands) if depth:
                return any(self.is_scalar(one, depth - 1) for one in operands) and all(
                    self.is_scalar(one, depth - 1) or not self.carries(one) for one in operands
                )
        return False

    def _is_result_carrying(self, value: Result, depth: int) -> bool:
        callee = value.callee
        if not _is_recorded(value):
            return False
        if self._runs_model(value):
            return True
        given = list(inputs(value))
        match callee:
            case Ref(name):
                return name.startswith("torch.") and any(self.carries(one, depth) for one in given)
            case Global() | Local():
                return self._is_returned_carrying(value, depth)
            case Attr(owner, name) if types.own_class_of(self.scope, owner) is not None and not self._is_loss(
                callee
            ):
                return self._is_returned_carrying(value, depth)
        if self._is_loss(callee):
            return any(self.carries(one, depth) for one in given)
        return isinstance(callee, Attr) and callee in given and self.carries(callee.owner, depth)

    def _is_returned_carrying(self, value: Result, depth: int) -> bool:
        function = target(self.scope, value.callee)
        if function is None:
            return False
        returned = substitute(function.returned, arguments_of(function, value))
        inner = self if function.inquiry is self.scope.inquiry else Graphs(function)
        return inner.carries(returned, depth)

    @cached_property
    def _evident(self) -> frozenset[Hashable]:
        return evident_modules(self.scope)

    def _runs_model(self, value: Result) -> bool:
        if value.site is None:
            return False
        call = value.site.scope.call_of(value.site.node)
        return call is not None and model_of(Act(call), self._evident) is not None

    def _is_criterion(self, callee: Value) -> bool:
        """Whether a callee is a loss, not just any module without weights."""
        found = types.class_of(self.scope, callee)
        return self._is_loss(callee) and (found is None or last_name(found).endswith("Loss"))

    def _is_loss(self, callee: Value) -> bool:
        """Whether a callee is a module, such as a criterion, or an unknown thing of a criterion's name."""
        found = types.class_of(self.scope, callee)
        if found is not None:
            known = types.ancestry(self.scope, found)
            return (
                library.MODULE in known and library.METRIC not in known
            )  # most compare, and give no gradient
        return not isinstance(callee, Global | Local | Ref) and bool(_LOSS_NAME.search(last_name(callee)))


def is_free(scope: Scope, value: Value, depth: int = _DEEPEST) -> bool:
    """Whether a value certainly has no graph: a number, made here or in the function that returned it."""
    if depth == 0:
        return False
    match value:
        case Const():
            return True
        case Either(found):
            return all(is_free(scope, option, depth - 1) for option in found)
        case Op(_, operands):
            return all(is_free(scope, operand, depth - 1) for operand in operands)
        case Result(callee) | Item(Result(callee)) if leaves(callee):
            return True
        case Item(Result(callee), Const(place)):
            return _is_free_result(scope, callee, place, depth - 1)
        case Result(callee):
            return _is_free_result(scope, callee, None, depth - 1)
        case Item(Attr() as owner):
            return is_free(scope, owner, depth - 1)  # x.shape[0]
        case Attr():
            return not any(True for _ in inputs(value))
    return False


def _is_free_result(scope: Scope, callee: Value, place: object, depth: int) -> bool:
    """The same of what own functions return, or the forward of own modules; `place`: the index or key in it."""
    functions = [target(scope, unwrapped(option)) for option in options(callee) if option != Const(None)]
    return bool(functions) and all(
        function is not None and _is_free_at(function, returned, place, depth)
        for function in functions
        for returned in (options(function.returned) if function is not None else (callee,))
    )


def _is_free_at(function: Scope, returned: Value, place: object, depth: int) -> bool:
    item = returned if place is None else returned.get(place) if isinstance(returned, Display) else None
    return item is not None and is_free(function, item, depth)


def _reduces(value: Result) -> bool:
    """Whether a loss gives one number: unless it is told `reduction="none"`, or what cannot be told."""
    return value.keyword("reduction") in (None, Const("mean"), Const("sum"), Const("batchmean"))


def _losses(act: Act) -> Iterator[Value]:
    """What a backward call differentiates, below scaling and division."""
    call = act.call
    value = act.receiver
    if is_framework_backward(act) or call.method != "backward":
        value = act.in_body(call.scope.value(call.node.args[0])) if call.node.args else None
    waiting = [value] if value is not None else []
    while waiting:
        value = waiting.pop()
        yield value
        match value:
            case Result(Attr(_, "scale"), (inner, *_)):
                waiting.append(inner)
            case Result(Attr(owner, name)) if name in _REDUCING:
                waiting.append(owner)
            case Op("/" | "*", (left, _)):
                waiting.append(left)


def _is_recorded(value: Result) -> bool:
    if value.site is None:
        return False
    call = value.site.scope.call_of(value.site.node)
    return call is not None and not grad_is_off(call.scope, call.block)
