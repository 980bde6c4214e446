"""The weights that code keeps of a model while training goes on: `best = model.state_dict()`."""

from __future__ import annotations

import ast
import re
from collections.abc import Hashable, Iterator
from dataclasses import dataclass

from ml_lsp.semantics.body import Loop, is_loop
from ml_lsp.semantics.flow import Block
from ml_lsp.semantics.mentioning import scopes_mentioning
from ml_lsp.semantics.reach import Act, acts
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.statements import nodes
from ml_lsp.semantics.torch.objects import is_model_name, is_module, unwrapped, written_name
from ml_lsp.semantics.torch.parameters import trained
from ml_lsp.semantics.torch.training import exclude_each_other, is_backward, is_step
from ml_lsp.semantics.values import Ref, identity

_COPIES_OF_THE_DICT = frozenset({"builtins.dict", "copy.copy", "collections.OrderedDict"})
_OTHER_STATE = re.compile(r"optim|sched|scaler|ema|loader|sampler|swa|average", re.IGNORECASE)
_TRAINS = re.compile(r"train|fit|epoch|learn|optimi[sz]e|step\Z", re.IGNORECASE)


@dataclass(frozen=True, eq=False)
class Kept:
    """A reference to a model's weights that a statement keeps in `target`; `live` is the expression for them.

    `model` is the model as written, `source` its weights without shallow copies around them.
    """

    scope: Scope
    statement: ast.Assign
    target: ast.expr
    live: ast.expr
    source: ast.expr
    model: ast.expr

    @property
    def name(self) -> str:
        """The last name of the target."""
        return written_name(self.target)

    @property
    def block(self) -> Block:
        """The block of the statement."""
        return self.scope.flow.blocks[self.statement]

    @property
    def is_of_a_model(self) -> bool:
        """Whether what is kept belongs to a module that learns, not to an optimizer or an average."""
        name = written_name(self.model)
        if _OTHER_STATE.search(name):
            return False
        return is_module(self.scope, self.scope.value(self.model)) or is_model_name(name)


def kept_weights(scope: Scope) -> Iterator[Kept]:
    """The statements of a scope that keep a reference to something's weights, or to the thing itself."""
    for statement in scope.flow.blocks:
        if isinstance(statement, ast.Assign) and len(statement.targets) == 1:
            for target, value in _pairs(statement.targets[0], statement.value):
                for live in value.values if isinstance(value, ast.Dict) else (value,):
                    found = _live(scope, live)
                    if found is not None:
                        yield Kept(scope, statement, target, live, *found)


def _pairs(target: ast.expr, value: ast.expr) -> Iterator[tuple[ast.expr, ast.expr]]:
    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple) and len(target.elts) == len(value.elts):
        yield from zip(target.elts, value.elts, strict=True)
    else:
        yield target, value


def _live(scope: Scope, node: ast.expr) -> tuple[ast.expr, ast.expr] | None:
    """The weights below shallow copies, and the model they are of; None for anything else."""
    match node:
        case ast.Call(func=ast.Attribute(value=model, attr="state_dict"), args=[], keywords=[]):
            return node, model
        case ast.Call(func=ast.Attribute(value=inner, attr="copy"), args=[]) if isinstance(inner, ast.Call):
            return _live(scope, inner)
        case ast.Call(func=func, args=[ast.Call() as inner], keywords=[]):
            callee = scope.value(func)
            shallow = isinstance(callee, Ref) and callee.name in _COPIES_OF_THE_DICT
            return _live(scope, inner) if shallow else None
        case ast.Name() | ast.Attribute():
            return node, node
    return None


def is_copied_next(kept: Kept) -> bool:
    """Whether the same function makes a deep copy of what was kept: `state = m.state_dict(); deepcopy(state)`."""
    scope = kept.scope
    return any(
        call.name == "copy.deepcopy" and call.node.args and _is_what_was_kept(scope, call.node.args[0], kept)
        for call in scope.calls
    )


def _is_what_was_kept(scope: Scope, node: ast.expr, kept: Kept) -> bool:
    load = scope.flow.loads.get(node) if isinstance(node, ast.Name) else None
    return load is not None and any(one.node is kept.statement for one in load.definitions)


def is_conditional(kept: Kept, within: ast.AST | None) -> bool:
    """Whether the weights are kept under an `if` inside a loop (or in the function, for None)."""
    for block in kept.block.chain():
        if block.node is within:
            return False
        if isinstance(block.node, ast.If):
            return True
    return False


def training_around(kept: Kept) -> Loop | None:
    """The loop around that trains the model: one that does not make it anew, and steps."""
    for block in kept.block.chain():
        if isinstance(block.node, ast.For | ast.AsyncFor | ast.While) and block.arm == "body":
            loop = Loop(kept.scope, block.node)
            if _is_remade(kept, block):
                return None
            if _trains(loop):
                return loop
    return None


def _is_remade(kept: Kept, body: Block) -> bool:
    root = kept.model
    while isinstance(root, ast.Attribute | ast.Call):
        root = root.value if isinstance(root, ast.Attribute) else root.func
    if isinstance(root, ast.Name):
        definitions = kept.scope.flow.definitions.get(root.id, ())
        if any(definition.block.inside(body) for definition in definitions):
            return True
    text = kept.scope.text(kept.model)
    return any(
        event.kind == "store" and event.block.inside(body) and kept.scope.text(event.node) == text
        for event in kept.scope.flow.events
    )


def _trains(loop: Loop) -> bool:
    for act in acts(loop.calls):
        if is_step(act) or is_backward(act):
            return True
        func = act.call.node.func
        if (
            act.call.target is None
            and not isinstance(act.call.callee, Ref)
            and _TRAINS.search(written_name(func))
        ):
            return True
    return False


def is_so_far_best(kept: Kept, loop: Loop) -> bool:
    """Whether the weights are kept where a score is better than one that is renewed there: `if acc > top: top = acc`."""
    for block in kept.block.chain():
        if block.node is loop.node:
            return False
        if isinstance(block.node, ast.If) and block.arm == "body":
            compared = block.node.test
            if not isinstance(compared, ast.Compare) or not isinstance(
                compared.ops[0], ast.Lt | ast.Gt | ast.LtE | ast.GtE
            ):
                return False
            sides = {kept.scope.text(side) for side in (compared.left, *compared.comparators)}
            return any(
                isinstance(statement, ast.Assign)
                and here is block
                and any(
                    kept.scope.text(target) in sides
                    for target, _ in _pairs(statement.targets[0], statement.value)
                )
                for statement, here in kept.scope.flow.blocks.items()
            )
    return False


def is_used_after(kept: Kept, loop: Loop) -> bool:
    """Whether weights in a variable of a function are loaded, saved or returned below a loop."""
    scope = kept.scope
    if not isinstance(kept.target, ast.Name) or not scope.is_function:
        return False
    used = {
        load.node
        for load in scope.flow.loads_of.get(kept.target.id, ())
        if not loop.holds(load.block) and any(one.node is kept.statement for one in load.definitions)
    }
    return any(
        event.kind == "return" and isinstance(event.node, ast.Return) and _holds(event.node.value, used)
        for event in scope.flow.events
    ) or any(
        (call.method == "load_state_dict" or call.name == "torch.save")
        and any(_holds(argument, used) for argument in call.node.args[:1])
        for call in scope.calls
    )


def _holds(node: ast.expr | None, used: set[ast.Name]) -> bool:
    """Whether an expression is one of these names, or writes it into a tuple or dict."""
    match node:
        case ast.Tuple(elts=items) | ast.Dict(values=items):
            return any(item in used for item in items)
    return node in used


def is_loaded_back(kept: Kept) -> bool:
    """Whether the model's own weights are loaded into it after steps were taken: nothing comes back then."""
    scope, made = kept.scope, kept.scope.call_of(kept.source)
    if (
        made is None
        or made.receiver is None
        or not isinstance(kept.target, ast.Name)
        or not scope.is_function
    ):
        return False
    loads = {
        load.node
        for load in scope.flow.loads_of.get(kept.target.id, ())
        if load.definitions and all(one.node is kept.statement for one in load.definitions)
    }
    model = identity(unwrapped(made.receiver))
    back = [
        call
        for call in scope.calls
        if call.method == "load_state_dict" and call.receiver is not None and call.when > made.when
        if identity(unwrapped(call.receiver)) == model and set(call.node.args[:1]) & loads
    ]
    steps = [act for act in acts(scope.calls) if _moves(act, model)] if back else []
    return any(
        made.when < act.when < call.when and not exclude_each_other(act.block, call.block)
        for act in steps
        for call in back
    )


def _moves(act: Act, model: Hashable) -> bool:
    """Whether a call is a step of the optimizer of a model, or hands the model to a function that trains."""
    call = act.call
    if is_step(act) and isinstance(call.node.func, ast.Attribute):
        owners = trained(call.scope, act.receiver) if act.receiver is not None else None
        return owners is not None and any(identity(unwrapped(owner)) == model for owner in owners)
    named = call.target is None and _TRAINS.search(written_name(call.node.func))
    return bool(named) and any(identity(unwrapped(given)) == model for given in act.given)


def is_read_later(kept: Kept) -> bool:
    """Whether the kept weights may be read outside of the block that keeps them."""
    scope, target = kept.scope, kept.target
    while isinstance(target, ast.Subscript):
        target = target.value
    if isinstance(target, ast.Name) and scope.is_function:
        loads = scope.flow.loads_of.get(target.id, ())
        return any(not load.block.inside(kept.block) or is_loop(load.block.node) for load in loads)
    return any(
        _is_outside(kept, other, node)
        for other in scopes_mentioning(scope.inquiry, kept.name)
        for node in nodes(other)
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load)
        if written_name(node) == kept.name
    )


def _is_outside(kept: Kept, scope: Scope, node: ast.AST) -> bool:
    if scope is not kept.scope:
        return True
    statement = scope.statement_of(node)
    return statement is None or not scope.flow.blocks[statement].inside(kept.block)
