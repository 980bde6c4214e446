"""Randomness in the workers of a loader: generators that each has a copy of, seeds that are alike in all."""

from __future__ import annotations

import ast
from collections.abc import Collection, Iterator

from ml_lsp.semantics.call import Call
from ml_lsp.semantics.classes import Class
from ml_lsp.semantics.reach import Act, acts
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.torch.datasets import acts_in_workers
from ml_lsp.semantics.values import Attr, Param, Ref, Result, Value, walk

# Methods of a generator that give it another state.
_RESEEDING = frozenset({"seed", "manual_seed", "set_state", "setstate", "initial_seed"})


def kept_generators(own: Class, makers: Collection[str]) -> Iterator[Call]:
    """The calls in `__init__` that make a random generator from which samples are drawn later.

    `makers`: the dotted names of what makes one. Not those that a method makes anew or seeds anew.
    """
    method = own.methods.get("__init__")
    for call in method.calls if method is not None else ():
        if call.name in makers:
            attribute = _attribute_of(call)
            if attribute and len(own.assignments(attribute)) == 1 and _is_only_drawn_from(own, attribute):
                yield call


def _attribute_of(call: Call) -> str:
    """The attribute of `self` in which what a call makes is kept; empty if it is not."""
    name = call.scope.self_name
    for statement in call.scope.flow.blocks:
        if isinstance(statement, ast.Assign):
            pairs = [(target, statement.value) for target in statement.targets]
            for target, value in pairs:
                if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple):
                    pairs += zip(target.elts, value.elts, strict=False)
                match target:
                    case ast.Attribute(value=ast.Name(id=owner), attr=attr) if value is call.node:
                        return attr if owner == name else ""
    return ""


def _is_only_drawn_from(own: Class, attribute: str) -> bool:
    """Whether samples draw from a generator that no method seeds."""
    if any(_seeds(call, attribute) for method in own.methods.values() for call in method.calls):
        return False
    return any(_uses(act, attribute) for act in acts_in_workers(own))


def _seeds(call: Call, attribute: str) -> bool:
    made_here = call.scope.name == "__init__"
    return not made_here and call.method in _RESEEDING and _is_kept(call.scope, call.receiver, attribute)


def _uses(act: Act, attribute: str) -> bool:
    """Whether a call draws from a generator, or hands it on."""
    scope, value = act.call.scope, act.call.value
    given = (*value.args, *(item for _, item in value.keywords)) if isinstance(value, Result) else ()
    return any(_is_kept(scope, part, attribute) for part in (act.call.receiver, *given))


def _is_kept(scope: Scope, value: Value | None, attribute: str) -> bool:
    match value:
        case Attr(Param(name=owner), name):
            return name == attribute and owner == scope.self_name
    return False


def seeds_all_alike(function: Scope, seeders: Collection[str]) -> Act | None:
    """The first call of a worker's init function that seeds with what is the same in all workers.

    None if the function looks at its worker's number or at a seed that PyTorch gives each worker.
    """
    arguments = function.node.args.args if function.node is not None else []
    numbered = arguments[0].arg if arguments else ""
    found = tuple(acts(function.calls))
    if any((act.call.name or "").rpartition(".")[2] in _TELLING for act in found):
        return None
    if numbered in function.flow.loads_of:
        return None
    alike = (act for act in found if act.call.name in seeders and act.call.node.args)
    return next((act for act in alike if not any(map(_is_unknown, walk(act.call.value)))), None)


_TELLING = frozenset(
    {"initial_seed", "get_worker_info", "seed_seq", "urandom", "time", "getpid", "time_ns", "randint"}
)


def _is_unknown(value: Value) -> bool:
    """Whether a part of a seed may differ between workers."""
    return isinstance(value, Result) and not isinstance(value.callee, Ref)
