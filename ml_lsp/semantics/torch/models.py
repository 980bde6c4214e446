"""Which calls run a model: a module with weights, known by its class or by what is done with it."""

from __future__ import annotations

import ast
import re
from collections.abc import Hashable, Iterable, Iterator
from typing import TypeGuard

from ml_lsp.semantics import library, types
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.callers import find_callers
from ml_lsp.semantics.classes import class_of_name
from ml_lsp.semantics.reach import Act
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.torch.modules import is_without_state
from ml_lsp.semantics.torch.objects import enclosing_class, last_name, unwrapped
from ml_lsp.semantics.types import arguments_of
from ml_lsp.semantics.values import Const, Global, Local, Param, Ref, Result, Value, identity, options

# Classes of modules that compute something but learn nothing, by the end of their names.
_WITHOUT_WEIGHTS = re.compile(
    r"(?:Loss\w*|Criterion|Metric|Softmax\w*|LogSoftmax|Sigmoid|Tanh|Re[Ll]U\w*|\w*ELU|SiLU|Mish|Hard\w+|Softplus"
    r"|Dropout\w*|Flatten|Unflatten|Identity|\w*Pool\d?d?|Upsample|Pad\d?d?|CosineSimilarity|PairwiseDistance"
    r"|Threshold|Fold|Unfold|PixelShuffle|\w*Transform|\w*Mapper)\Z"
)
_DEEPEST = 3
_OTHER_KINDS = (library.METRIC, "torch.jit.ScriptModule")
# What is only ever called on modules (with these numbers of arguments).
_MODULE_METHODS = {"eval": (0,), "train": (0, 1), "parameters": (0,)}
# What has a state and is no module: schedules, averages, metrics.
_OTHER_METHODS = frozenset({"step", "update", "compute", "reset"})


def evident_modules(scope: Scope) -> frozenset[Hashable]:
    """The identities of what is treated as a module around a scope: `model.eval()`, `net.parameters()`."""
    return frozenset(_treated_as_modules(_related(scope)))


def _related(scope: Scope) -> Iterator[Scope]:
    yield from scope.together()
    if scope.is_function:
        inquiry = scope.inquiry
        yield from (inquiry.piece_scope(piece) for piece in inquiry.pieces("top level"))
    here = scope.parent
    while here is not None:
        yield here
        here = here.parent
    owner = enclosing_class(scope)
    if owner is not None:
        yield from owner.methods.values()


def _treated_as_modules(scopes: Iterable[Scope]) -> set[Hashable]:
    found: set[Hashable] = set()
    stateful: set[Hashable] = set()
    others: set[Hashable] = set()
    for scope in scopes:
        for call in scope.calls:
            number = len(call.node.args) + len(call.node.keywords)
            if call.method == "load_state_dict":
                stateful.update(_receivers(call))
            elif call.method in _OTHER_METHODS:
                others.update(_receivers(call))
            elif call.method in _MODULE_METHODS and number in _MODULE_METHODS[call.method]:
                found.update(_receivers(call))
    return found | (stateful - others)


def _receivers(call: Call) -> Iterator[Hashable]:
    receiver = call.receiver
    if receiver is not None and not isinstance(receiver, Ref):
        yield from (identity(unwrapped(option)) for option in options(receiver))


def model_of(act: Act, evident: frozenset[Hashable]) -> Value | None:
    """The module with weights that a call runs, in terms of the body; None if it certainly runs none."""
    callee = act.call.callee
    if isinstance(callee, Ref | Global | Local | Const) or last_name(callee)[:1].isupper():
        return None  # a function, or a class that is passed on
    if isinstance(act.call.node.func, ast.Call) and _is_made_of_a_class(act.call.scope, callee):
        return None  # `Meteor()(texts)`: what is made for this one call has learned nothing
    found = types.class_of(act.call.scope, callee)
    if _is_certain(found) and not is_model_class(act.call.scope, found):
        return None
    model = act.in_body(callee)
    if found is None:
        found = types.class_of(act.top.scope, model)
    if _is_certain(found):
        return model if is_model_class(act.call.scope, found) else None
    if any(identity(unwrapped(option)) in evident for option in options(model)):
        return model
    return model if isinstance(model, Param) and _is_passed_models(model, _DEEPEST) else None


def _is_made_of_a_class(scope: Scope, value: Value) -> bool:
    return isinstance(value, Result) and class_of_name(scope, value.callee) is not None


def _is_certain(found: Value | None) -> TypeGuard[Value]:
    return found is not None and not (isinstance(found, Ref) and not library.is_known_class(found.name))


def _is_passed_models(value: Param, depth: int) -> bool:
    """Whether all calls of a function are seen, and pass a model for one of its parameters."""
    calls = find_callers(value.site.scope) if value.site is not None and depth else None
    return bool(calls) and all(_passes_model(call, value, depth - 1) for call in calls or ())


def _passes_model(call: Call, value: Param, depth: int) -> bool:
    result, function = call.value, value.site.scope if value.site is not None else None
    if not isinstance(result, Result) or function is None:
        return False
    passed = arguments_of(function, result).get(Param(value.name, function.name))
    found = types.class_of(call.scope, passed) if passed is not None else None
    if found is None:
        return isinstance(passed, Param) and _is_passed_models(passed, depth)
    return is_model_class(call.scope, found)


def is_model_class(scope: Scope, found: Value) -> bool:
    """Whether instances of a class are modules with weights."""
    ancestry = types.ancestry(scope, found)
    if library.MODULE not in ancestry or any(kind in ancestry for kind in _OTHER_KINDS):
        return False
    if any(name.startswith("torchvision.transforms.") for name in ancestry):
        return False
    own = class_of_name(scope, found) if isinstance(found, Global | Local) else None
    if own is not None and is_without_state(own):
        return False
    return not _WITHOUT_WEIGHTS.search(getattr(found, "name", ""))
