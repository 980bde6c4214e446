"""Whether autograd is off where something runs: by `with`, decorator, switch, or in all who call it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ml_lsp.semantics.call import Call
from ml_lsp.semantics.callers import sighted_callers
from ml_lsp.semantics.classes import class_of_name
from ml_lsp.semantics.flow import Block
from ml_lsp.semantics.reach import Act
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.targets import target
from ml_lsp.semantics.torch.objects import enclosing_class, grad_is_off, may_turn_grad_off
from ml_lsp.semantics.values import Global, Local, Ref, Result, Value, options

_DEEPEST = 3
_SWITCHES = frozenset({"torch.set_grad_enabled", "torch._C._set_grad_enabled", "torch.is_grad_enabled"})
_GUARDS = frozenset({"no_grad", "inference_mode", "set_grad_enabled"})
# Contexts and decorators of unknown make whose name says that they may hold the guard.
_GUARD_NAME = re.compile(r"grad|infer|eval|frozen|freeze", re.IGNORECASE)


def is_unguarded(act: Act) -> bool:
    """Whether an act certainly runs with autograd on, as far as the module tells."""
    return not any(_is_off_at(call) for call in (*act.through, act.call)) and not callers_guard(act.top.scope)


def records(scope: Scope, block: Block) -> bool:
    """Whether autograd is certainly on in a block, as far as the module tells."""
    return not _is_off(scope, block) and not callers_guard(scope)


def _is_off_at(call: Call) -> bool:
    return _is_off(call.scope, call.block)


def _is_off(scope: Scope, block: Block) -> bool:
    if grad_is_off(scope, block):
        return True
    if any(_may_guard(value) or _guards_inside(scope, value) for value in _entered(scope, block)):
        return True
    if any(_may_guard(value) or _guards_inside(scope, value) for value in scope.decorators):
        return True
    return any(map(is_switched_off, _around(scope)))


def _around(scope: Scope) -> Iterator[Scope]:
    """A scope, those around it, and the module's top level."""
    here: Scope | None = scope
    while here is not None:
        yield here
        here = here.parent
    yield from (scope.inquiry.piece_scope(piece) for piece in _pieces_with_switches(scope))


def _pieces_with_switches(scope: Scope) -> Iterator[int]:
    top = set(scope.inquiry.pieces("top level"))
    for name in _SWITCHES:
        yield from (i for i in scope.inquiry.pieces("mentions", name.rpartition(".")[2]) if i in top)


def is_switched_off(scope: Scope) -> bool:
    """Whether a scope turns autograd off for what follows, as `torch.set_grad_enabled(False)` does."""
    within = {id(item.context_expr) for node in scope.flow.blocks for item in getattr(node, "items", ())}
    for call in scope.calls:
        if call.name in _SWITCHES and id(call.node) not in within:
            return True
        if any(may_turn_grad_off(scope.value(arg)) for arg in call.node.args):
            return True
    return False


def _entered(scope: Scope, block: Block) -> Iterator[Value]:
    """The contexts that a block stands in."""
    for here in block.chain():
        if isinstance(here.node, ast.With | ast.AsyncWith):
            for item in here.node.items:
                yield scope.value(item.context_expr)
                written = item.context_expr
                if isinstance(written, ast.Call) and isinstance(written.func, ast.Name):
                    yield Ref(written.func.id)  # `no_grad = load("torch.no_grad")`


def _may_guard(value: Value) -> bool:
    """Whether a context or decorator of unknown make may turn autograd off, as its name says."""
    for option in options(value):
        for made in options(option.callee if isinstance(option, Result) else option):
            name = made.name if isinstance(made, Ref) else getattr(made, "name", "")
            if name != "torch.enable_grad" and _GUARD_NAME.search(name.rpartition(".")[2]):
                return True
    return False


def _guards_inside(scope: Scope, value: Value) -> bool:
    """Whether a context manager or decorator of the project speaks of a guard in what it does."""
    for option in options(value):
        made = option.callee if isinstance(option, Result) else option
        own = class_of_name(scope, made) if isinstance(made, Global | Local) else None
        function = target(scope, made)
        inside = [
            *(own.methods.values() if own is not None else ()),
            *([function] if function is not None else ()),
        ]
        if any(not _GUARDS.isdisjoint(one.words) for one in inside):
            return True
    return False


def callers_guard(scope: Scope, depth: int = _DEEPEST) -> bool:
    """Whether everything that calls a function has autograd off, or one that may call it has."""
    if depth == 0 or not scope.is_function:
        return False
    certain, possible = sighted_callers(scope)
    if any(map(_is_off_at, possible)) or any(map(_is_off_at, _calls_of_bases(scope))):
        return True
    return bool(certain) and all(
        _is_off_at(call) or callers_guard(call.scope, depth - 1)
        for call in certain
        if call.scope is not scope
    )


def _calls_of_bases(scope: Scope) -> Iterator[Call]:
    """The calls of a method by methods that its class inherits: `self._predict(...)`."""
    own = enclosing_class(scope) if scope.is_method else None
    for base in own.lineage() if own is not None else ():
        for method in base.methods.values():
            if base is not own and scope.name in method.words:
                yield from (call for call in method.calls if call.method == scope.name)
