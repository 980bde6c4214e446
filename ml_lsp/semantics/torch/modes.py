"""In which mode a model is when it runs: what switches it, in the body, in its callers, anywhere else."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import Enum

from ml_lsp.semantics import library, types
from ml_lsp.semantics.body import Body, body_of
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.callers import find_callers
from ml_lsp.semantics.classes import Class, class_of_name
from ml_lsp.semantics.mentioning import scopes_mentioning
from ml_lsp.semantics.reach import Act
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.targets import target
from ml_lsp.semantics.torch.objects import last_name, unwrapped
from ml_lsp.semantics.torch.training import acts_of, is_unknown, passes
from ml_lsp.semantics.types import arguments_of
from ml_lsp.semantics.values import (
    Attr,
    Const,
    Either,
    Global,
    Item,
    Local,
    Op,
    Param,
    Ref,
    Result,
    Value,
    identity,
    options,
    substitute,
    walk,
)

_DEEPEST = 4
# Calls that are given a model and are known to leave its mode: logging, summaries, lists, evaluation itself.
_HARMLESS = frozenset({"watch", "append", "info", "debug", "print", "add_graph", "summary", "apply"})


class Mode(Enum):
    """What `module.training` says."""

    TRAIN = "train"
    EVAL = "eval"
    UNKNOWN = "unknown"


@dataclass(frozen=True, eq=False)
class Made:
    """The call that made a model, and a scope to look at it from."""

    scope: Scope
    value: Result


def switch(act: Act) -> Mode | None:
    """The mode that a call switches a module to; None if it switches nothing."""
    call = act.call
    if call.method == "eval" and not call.node.args and not call.node.keywords:
        return Mode.EVAL
    if call.method != "train" or len(call.node.args) + len(call.node.keywords) > 1:
        return None
    given = call.argument_value(0, "mode")
    if given is None:
        return Mode.UNKNOWN if call.has_unpacking else Mode.TRAIN
    match act.in_body(given):
        case Const(True):
            return Mode.TRAIN
        case Const(False):
            return Mode.EVAL
    return Mode.UNKNOWN


def freshly_made(scope: Scope, model: Value, run: Act | Call, depth: int = _DEEPEST) -> tuple[Made, ...]:
    """The calls that made a model which certainly is in train mode where it runs; none if unsure.

    `run` is the call in `scope`'s body at which the mode counts.
    """
    call = run.top if isinstance(run, Act) else run
    body = body_of(scope)
    mode = _mode_in(body, model, call)
    if mode in (Mode.EVAL, Mode.UNKNOWN) or depth == 0:
        return ()
    value = unwrapped(model)
    match value:
        case Param(name=name) if value.site is not None and name != value.site.scope.self_name:
            return _from_callers(value, scope, depth)
        case Attr() if mode is None and _is_switched_elsewhere(scope, body, value):
            return ()
    if mode is None and not _is_made_here(body, value) and _is_switched_elsewhere(scope, body, value):
        return ()
    return made(scope, model)


def _mode_in(body: Body, model: Value, call: Call) -> Mode | None:
    """The mode in which a body leaves a model before a call; None if it never switches it."""
    switches = [
        (act, to)
        for act in acts_of(body)
        if (to := switch(act)) is not None and _is_part_of(model, act.receiver)
    ]
    if any(_is_flagged(here) for here in body.scopes):
        return Mode.UNKNOWN
    before = [(act, to) for act, to in switches if act.when < call.when and act.top is not call]
    if any(is_unknown(act) and passes(act, model) for act in _before(body, call)):
        return Mode.UNKNOWN
    if before and before[-1][1] is Mode.TRAIN:
        last = before[-1][0]
        certain = last.top.scope is not call.scope or call.block.inside(last.block)
        conditional = len(last.through) > 0 and last.call.block.parent is not None
        if certain and not conditional:
            return Mode.TRAIN
    if all(to is Mode.TRAIN for _, to in switches):
        return Mode.TRAIN if switches else None
    return Mode.UNKNOWN


def _is_flagged(scope: Scope) -> bool:
    """Whether code sets the flag of some module itself: `for m in model.modules(): m.training = False`."""
    return any(
        event.kind == "store" and isinstance(event.node, ast.Attribute) and event.node.attr == "training"
        for event in scope.flow.events
    )


def _before(body: Body, call: Call) -> Iterator[Act]:
    """What a body does before a call, but for what makes other objects of known libraries."""
    return (act for act in acts_of(body) if act.when < call.when and act.call.method not in _HARMLESS)


def _is_part_of(model: Value, switched: Value | None) -> bool:
    """Whether switching an object switches a model: it is the model, holds it, or was made of it."""
    if switched is None:
        return False
    parts = {identity(unwrapped(option)) for option in options(model)}
    owner = unwrapped(model)
    while isinstance(owner, Attr):
        owner = unwrapped(owner.owner)
        parts.add(identity(owner))
    return any(
        identity(unwrapped(part)) in parts
        for option in options(switched)
        for part in (option, *_made_of(option))
    )


def _made_of(value: Value) -> Iterator[Value]:
    if isinstance(value, Result):
        yield from (part for arg in value.args for part in walk(arg))
        if isinstance(value.callee, Attr):
            yield value.callee.owner


def _from_callers(value: Param, scope: Scope, depth: int) -> tuple[Made, ...]:
    """The same in all callers of the function whose parameter a model is; none if unsure of one."""
    assert value.site is not None
    function = value.site.scope
    if function is not scope and _is_switched_elsewhere(scope, body_of(scope), value):
        return ()
    callers = find_callers(function)
    found: list[Made] = []
    for call in callers or ():
        result = call.value
        passed = (
            arguments_of(function, result).get(Param(value.name, function.name))
            if isinstance(result, Result)
            else None
        )
        here = freshly_made(call.scope, passed, call, depth - 1) if passed is not None else ()
        if not here:
            return ()
        found += here
    return tuple(found)


def _is_made_here(body: Body, value: Value) -> bool:
    return any(option.site is not None and option.site.scope in body.scopes for option in options(value))


def _is_switched_elsewhere(scope: Scope, body: Body, model: Value) -> bool:
    """Whether code outside of a body may put a model (or what has its name) into eval mode."""
    owner = types.class_of(scope, model.owner) if isinstance(model, Attr) else None
    for inquiry in (scope.inquiry, *scope.inquiry.importers()):
        for here in scopes_mentioning(inquiry, "eval", "train"):
            if here not in body.scopes and any(_may_switch(call, model, owner) for call in here.calls):
                return True
    return False


def _may_switch(call: Call, model: Value, owner: Value | None) -> bool:
    if switch(Act(call)) not in (Mode.EVAL, Mode.UNKNOWN) or call.receiver is None:
        return False
    receiver = call.receiver
    same = identity(unwrapped(receiver)) == identity(unwrapped(model))
    named = bool(last_name(model)) and last_name(receiver) == last_name(model)
    return same or named or (owner is not None and types.class_of(call.scope, receiver) == owner)


def made(scope: Scope, value: Value, depth: int = _DEEPEST) -> tuple[Made, ...]:
    """The calls that may have made a model; none if one cannot be told, or leaves it in eval mode."""
    if depth == 0 or _has_eval(value):
        return ()
    value = unwrapped(value)
    match value:
        case Either(found):
            return _all_of([(scope, one) for one in found if one != Const(None)], depth)
        case Attr(owner, name):
            own = types.own_class_of(scope, owner)
            assigned = own.assignments(name) if own is not None else ()
            if own is not None and any(base.endswith("PreTrainedModel") for base in own.ancestors):
                return ()  # `from_pretrained` hands its layers out in eval mode
            if any(one.value is None for one in assigned):
                return ()
            values = [(a.scope, a.scope.value(a.value)) for a in assigned if a.value is not None]
            if any(_is_of_a_switched_whole(here, one) for here, one in values):
                return ()
            return _all_of(values, depth)
        case Result(Item(Ref("torchvision.models.__dict__"))):
            return (Made(scope, value),)
        case Result(Ref(name)):
            known = library.returned(name)
            return (Made(scope, value),) if known and library.is_a(known, library.MODULE) else ()
        case Result(Global() | Local() as callee):
            own = class_of_name(scope, callee)
            if own is not None:
                return () if _sets_its_mode(own) else (Made(scope, value),)
            function = target(scope, callee)
            if function is None or any(
                switch(act) not in (None, Mode.TRAIN) for act in acts_of(body_of(function))
            ):
                return ()
            returned = substitute(function.returned, arguments_of(function, value))
            return made(function, returned, depth - 1)
    return ()


def _is_of_a_switched_whole(scope: Scope, part: Value) -> bool:
    """Whether what is kept is a part of something that its scope switches: `whole.eval(); self.net = whole.net`."""
    if not isinstance(unwrapped(part), Attr):
        return False
    return any(
        switch(act) in (Mode.EVAL, Mode.UNKNOWN) and _is_part_of(part, act.receiver)
        for act in acts_of(body_of(scope))
    )


def _sets_its_mode(own: Class) -> bool:
    """Whether instances of a class, or what they are made of, leave train mode by the class's own doing."""
    return any(
        name == "train" or any(switch(Act(call)) in (Mode.EVAL, Mode.UNKNOWN) for call in method.calls)
        for one in own.lineage()
        for name, method in one.methods.items()
    )


def _all_of(values: Sequence[tuple[Scope, Value]], depth: int) -> tuple[Made, ...]:
    found: list[Made] = []
    for scope, value in values:
        here = made(scope, value, depth - 1)
        if not here:
            return ()
        found += here
    return tuple(found)


def _has_eval(value: Value) -> bool:
    """Whether a value is written with `.eval()` or `.train(...)` on the way: `build().to("cuda").eval()`."""
    while True:
        match value:
            case Result(Attr(_, "eval" | "train")):
                return True
            case Result(Attr(owner, name)) if name in library.SAME_OBJECT_METHODS:
                value = owner
            case Result(Ref(), (first, *_)):
                value = first
            case Op("await", (inner,)):
                value = inner
            case _:
                return False
