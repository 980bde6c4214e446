"""Who optimises a LightningModule: Lightning or its own training step, and what that step does by hand."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from ml_lsp.semantics import library
from ml_lsp.semantics.classes import Assignment, Class
from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.semantics.mentioning import scopes_mentioning
from ml_lsp.semantics.reach import Act, acts
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.types import is_a
from ml_lsp.semantics.values import (
    Attr,
    Const,
    Display,
    Element,
    Item,
    Param,
    Ref,
    Result,
    Value,
    identity,
    options,
)

_SWITCH = "automatic_optimization"
_TRAINER = "lightning.pytorch.Trainer"
# Methods of a LightningModule that take no step.
_HARMLESS = frozenset({
    "log", "log_dict", "print", "optimizers", "lr_schedulers", "manual_backward", "all_gather", "forward",
    "toggle_optimizer", "untoggle_optimizer", "clip_gradients", "save_hyperparameters", "parameters",
})  # fmt: skip


@dataclass(frozen=True, eq=False)
class TrainingStep:
    """The `training_step` that a LightningModule defines."""

    owner: Class
    scope: Scope

    @cached_property
    def acts(self) -> tuple[Act, ...]:
        """What it does, itself and through helpers in the same file; each call once."""
        found: dict[ast.AST, Act] = {}
        for act in acts(self.scope.calls):
            if act.call.scope.inquiry is self.scope.inquiry:
                found.setdefault(act.call.node, act)
        return tuple(found.values())

    @property
    def returns_something(self) -> bool:
        """Whether it returns a value on some way."""
        return any(
            isinstance(event.node, ast.Return) and event.node.value is not None
            for event in self.scope.flow.events
        )

    @cached_property
    def _losses(self) -> frozenset[object]:
        """The objects that it returns as the loss."""
        found = [
            item
            for option in options(self.scope.returned)
            for item in (option.items if isinstance(option, Display) else (option,))
        ]
        return frozenset(identity(value) for item in found for value in options(item))

    def is_optimizer(self, act: Act) -> bool:
        """Whether a method is called on an optimizer of the module: from `self.optimizers()`, or kept in self."""
        receiver = act.call.receiver
        if receiver is None:
            return False
        return all(self._is_optimizer(act.call.scope, option) for option in options(receiver))

    def _is_optimizer(self, scope: Scope, value: Value) -> bool:
        match value:
            case Result(Attr(Param(), "optimizers")):
                return True
            case Item(owner, _) | Element(owner):
                return self._is_optimizer(scope, owner)
            case Attr(Param(name=name), _) if name == scope.self_name:
                return is_a(scope, value, library.OPTIMIZER)
        return False

    def steps(self) -> list[Act]:
        """The steps of the module's optimizers."""
        return [act for act in self.acts if act.call.method == "step" and self.is_optimizer(act)]

    def clears(self) -> list[Act]:
        """The `zero_grad` of the module's optimizers."""
        return [act for act in self.acts if act.call.method == "zero_grad" and self.is_optimizer(act)]

    def manual_backwards(self) -> list[Act]:
        """The calls of `self.manual_backward`."""
        return [act for act in self.acts if act.call.method == "manual_backward"]

    def plain_backwards(self) -> list[Act]:
        """The calls of `loss.backward()`."""
        return [act for act in self.acts if act.call.method == "backward" and act.call.name is None]

    def is_loss(self, act: Act) -> bool:
        """Whether a backward runs on what the training step returns."""
        return act.receiver is not None and identity(act.receiver) in self._losses

    def may_be_stepped_out_of_sight(self) -> bool:
        """Whether an optimizer may take a step where it cannot be seen, or in another method of the class."""
        if self.scope.decorators or not self.acts or any(e.kind == "raise" for e in self.scope.flow.events):
            return True
        lineage = list(self.owner.lineage())
        everything = [call for c in lineage for method in c.methods.values() for call in method.calls]
        everything += [act.call for act in self.acts]
        if any(call.method == "step" and not _is_of_schedulers(call.receiver) for call in everything):
            return True
        return any(self._hands_over(act) for act in self.acts)

    def _hands_over(self, act: Act) -> bool:
        """Whether a call lets others work with the module or its parts."""
        call = act.call
        if call.target is not None:
            return False
        match call.callee:
            case Attr(Param(name=name), method) if name == call.scope.self_name:
                handed = method not in _HARMLESS and not is_a(call.scope, call.callee, library.MODULE)
                known = not self.owner.assignments(method)
                return handed and known
            case Attr(Attr(Param(name=name), _) as part, _) if name == call.scope.self_name:
                return not is_a(call.scope, part, library.MODULE)
        given = call.value
        return isinstance(given, Result) and any(self._is_own(call.scope, arg) for arg in given.args)

    def _is_own(self, scope: Scope, value: Value) -> bool:
        match value:
            case Param(name=name):
                return name == scope.self_name
        return self._is_optimizer(scope, value)


def _is_of_schedulers(value: Value | None) -> bool:
    match value:
        case Result(Attr(_, "lr_schedulers")):
            return True
        case Item(owner, _) | Element(owner):
            return _is_of_schedulers(owner)
    return False


def optimization(class_: Class) -> Literal["automatic", "manual"] | None:
    """Who optimises a LightningModule; None if it is not known, or not always the same."""
    if class_.has_unknown_base or _is_switched_elsewhere(class_):
        return None
    method = class_.method(_SWITCH)
    if method is not None:
        return "manual" if method.returned == Const(False) else None
    assigned = class_.assignments(_SWITCH)
    values = [one.scope.value(one.value) if one.value is not None else None for one in assigned]
    if all(value == Const(True) for value in values):
        return "automatic"
    return "manual" if all(value == Const(False) for value in values) else None


def switch(class_: Class) -> Assignment | None:
    """Where a class itself turns automatic optimisation off."""
    own = [one for one in class_.assignments(_SWITCH) if one.scope.owner in (class_, None)]
    return own[0] if own and class_.method(_SWITCH) is None else None


def _is_switched_elsewhere(class_: Class) -> bool:
    """Whether code outside of the class, or a class derived from it, says who optimises."""
    inquiry = class_.scope.inquiry
    lineage = {one.name for one in class_.lineage()}
    for piece in inquiry.pieces("mentions", _SWITCH):
        name = inquiry.owner_name(piece)
        other = inquiry.class_(name) if name is not None else None
        if other is None or (name not in lineage and class_ in other.lineage()):
            return True
    return False


def trainers_need_manual_backward(inquiry: Inquiry) -> bool:
    """Whether a Trainer of this module, or of one that imports it, sets a precision or a strategy."""
    return any(
        _plain_backward_fails(value)
        for asked in (inquiry, *inquiry.importers())
        for scope in scopes_mentioning(asked, "Trainer")
        for call in scope.calls
        if call.name == _TRAINER and isinstance(value := call.value, Result)
    )


def _plain_backward_fails(trainer: Result) -> bool:
    precision, strategy = trainer.keyword("precision"), trainer.keyword("strategy")
    half = isinstance(precision, Const) and str(precision.value) not in (
        "32",
        "32-true",
        "64",
        "64-true",
        "None",
    )
    spread = isinstance(strategy, Const) and strategy.value not in (None, "auto")
    return half or spread or isinstance(strategy, Result | Ref)
