"""Recurrent states that a training loop carries from one batch to the next."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass

from ml_lsp.semantics import library
from ml_lsp.semantics.body import Loop
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.classes import Class
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.torch.objects import grad_is_off, is_module
from ml_lsp.semantics.torch.training import TrainLoop, is_backward, train_loop
from ml_lsp.semantics.types import class_of, own_class_of
from ml_lsp.semantics.values import Const, Ref, Value, options, walk

_CUTTING = frozenset({"detach", "detach_", "no_grad", "data", "repackage_hidden"})


@dataclass(frozen=True, eq=False)
class CarriedState:
    """A call in a training loop that gets the state which it returned for the batch before.

    `names`: the variables that hold the state. `kind`: the layer's class (`LSTM`), empty for another module.
    `starts_empty`: whether the state may be None at first. `is_pair`: one variable holds the two of an LSTM.
    """

    call: Call
    names: tuple[str, ...]
    kind: str
    starts_empty: bool
    is_pair: bool = False


def carried_states(loop: Loop) -> Iterator[CarriedState]:
    """The calls of a training loop whose state reaches back through all batches before."""
    training = train_loop(loop)
    if training is None or training.is_managed or training.runs_once:
        return
    for call in loop.own_calls:
        statement = loop.scope.statement_of(call.node)
        if isinstance(statement, ast.Assign) and statement.value is call.node and _is_recurrent(call):
            names = tuple(_carried(loop, call, statement))
            if names and _runs_backward_after(training, call):
                pair = len(names) == 1 and _hands_on_pairs(call)
                yield CarriedState(call, names, _kind(call), _starts_empty(loop, names), pair)


def _is_recurrent(call: Call) -> bool:
    """Whether a call runs a module that certainly hands its state on with its graph."""
    scope = call.scope
    if not is_module(scope, call.callee) or grad_is_off(scope, call.block):
        return False
    own = own_class_of(scope, call.callee)
    if own is None:
        return bool(_kind(call))
    return not own.has_unknown_base and own.is_a(library.MODULE) and _CUTTING.isdisjoint(_words(own))


def _words(own: Class) -> frozenset[str]:
    methods = (method for one in own.lineage() for method in one.methods.values())
    return frozenset[str]().union(*(method.words for method in methods))


def _hands_on_pairs(call: Call) -> bool:
    """Whether a call runs an LSTM, or a module whose only recurrent layers are LSTMs."""
    own = own_class_of(call.scope, call.callee)
    words = frozenset({_kind(call)}) if own is None else _words(own)
    return "LSTM" in words and words.isdisjoint(("GRU", "RNN"))


def _kind(call: Call) -> str:
    found = class_of(call.scope, call.callee)
    name = found.name if isinstance(found, Ref) else ""
    return name.rpartition(".")[2] if name.startswith("torch.nn.") else ""


def _carried(loop: Loop, call: Call, statement: ast.Assign) -> Iterator[str]:
    """The names that a call is given and its result bound to, with nothing done to them in between."""
    bound = {node.id for node in ast.walk(statement.targets[0]) if isinstance(node, ast.Name)}
    given = [part for arg in call.node.args[1:] for part in _parts(arg)]
    scope = loop.scope
    for node in given:
        load = scope.flow.loads.get(node) if isinstance(node, ast.Name) and node.id in bound else None
        if load is None:
            continue
        inside = [d for d in scope.flow.definitions.get(load.node.id, ()) if loop.holds(d.block)]
        carried = any(definition.node is statement for definition in load.definitions)
        changed = any(definition.node is not statement for definition in inside)
        if carried and not changed and not _is_cut(scope, loop, load.node.id):
            yield load.node.id


def _parts(node: ast.expr) -> list[ast.expr]:
    return node.elts if isinstance(node, ast.Tuple | ast.List) else [node]


def _is_cut(scope: Scope, loop: Loop, name: str) -> bool:
    """Whether a name is detached in place, or handed to code that may do so."""
    in_place = ("detach_", "zero_", "copy_", "fill_")
    changed: list[ast.AST] = [call.node.func for call in loop.calls if call.method in in_place]
    changed += [
        event.node for event in scope.flow.events if event.kind == "store" and loop.holds(event.block)
    ]
    return any(isinstance(node, ast.Name) and node.id == name for one in changed for node in ast.walk(one))


def _runs_backward_after(training: TrainLoop, call: Call) -> bool:
    """Whether a loss that depends on the call runs backward in the same iteration, and lets the graph go."""
    for act in training.own_acts:
        if not is_backward(act) or act.through or act.when < call.when:
            continue
        if act.call.constant(1, "retain_graph") is True or act.receiver is None:
            continue
        if _depends(act.receiver, call.node):
            return True
    return False


def _depends(value: Value, node: ast.AST) -> bool:
    return any(part.site is not None and part.site.node is node for part in walk(value))


def _starts_empty(loop: Loop, names: tuple[str, ...]) -> bool:
    """Whether a state may be None in the first iteration."""
    return any(
        not loop.holds(definition.block) and Const(None) in options(loop.scope.definition_value(definition))
        for name in names
        for definition in loop.scope.flow.definitions.get(name, ())
    )
