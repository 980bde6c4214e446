"""Code that evaluates: runs a model and never trains it, as a function or as one loop of a longer one."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from ml_lsp.semantics import library
from ml_lsp.semantics.body import Body, Loop, is_loop
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.flow import Block, Load
from ml_lsp.semantics.reach import Act
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.torch.loaders import Iteration, is_evaluation, iterations
from ml_lsp.semantics.torch.models import evident_modules, model_of
from ml_lsp.semantics.torch.objects import enclosing_class, grad_is_off, is_managed, is_optimizer_name
from ml_lsp.semantics.torch.training import acts_of, is_backward, is_step, is_unknown
from ml_lsp.semantics.types import own_class_of
from ml_lsp.semantics.values import Value
from ml_lsp.syntax.trees import own_name

# Functions that a module or a framework calls in training too.
_NEVER = frozenset({"forward", "__call__", "loss", "training_step", "compute_loss", "closure", "<lambda>"})


@dataclass(frozen=True)
class Signs:
    """How evaluations are recognised: starts of functions' names, words in the names of loaders."""

    names: tuple[str, ...]
    loaders: frozenset[str]

    @staticmethod
    def of(data: Mapping[str, Any]) -> Signs:
        """The signs that a rule page states."""
        return Signs(tuple(data["evaluation_names"]), frozenset(data["evaluation_loaders"]))


@dataclass(frozen=True, eq=False)
class Evaluation:
    """A body that does nothing but evaluate, or a `loop` of it that does.

    `named`: its function's name says so. `batches`: its loops over held-out data.
    """

    body: Body
    acts: tuple[Act, ...]
    named: bool = False
    batches: tuple[Iteration, ...] = ()
    loop: Loop | None = None

    @property
    def scope(self) -> Scope:
        """The function; the first piece of a module's top level."""
        return self.body.scope

    @cached_property
    def runs(self) -> dict[Act, Value]:
        """The calls that run models, in order, with the models in terms of the body."""
        evident = evident_modules(self.scope)
        found: dict[Act, Value] = {}
        outer: set[ast.AST] = set()  # what runs inside a model's own forward is a part of it
        for act in self.acts:
            inner = any(call.node in outer for call in act.through)
            model = None if inner else model_of(act, evident)
            if model is not None:
                found[act] = model
                outer.add(act.call.node)
        return found

    def place(self, act: Act) -> ast.FunctionDef | ast.stmt | None:
        """What can be guarded as a whole: the function, the loop, or the statement of a script.

        None for a coroutine, which a decorator does not guard, and for a lambda.
        """
        if self.loop is not None:
            return self.loop.node
        if self.scope.is_function:
            return self.scope.node if isinstance(self.scope.node, ast.FunctionDef) else None
        statements = (node for node in act.top.scope.flow.blocks if isinstance(node, ast.stmt))
        return next((node for node in statements if _spans(act.top, node)), None)

    def start(self, act: Act) -> ast.stmt | None:
        """The outermost loop or `with` that holds an act and only evaluates, else the act's statement."""
        scope = act.top.scope
        around = ast.With | ast.AsyncWith if self.loop else ast.With | ast.AsyncWith | ast.For | ast.While
        node = self.loop.node if self.loop is not None else scope.statement_of(act.top.node)
        block = scope.block_of(node) if node is not None else None
        while block is not None and isinstance(block.node, around) and isinstance(block.node, ast.stmt):
            node, block = block.node, block.parent
        return node

    def over_batches(self, block: Block) -> bool:
        """Whether a block runs for each batch of held-out data."""
        return any(iteration.holds(block) for iteration in self.batches)

    @cached_property
    def is_part_of_model(self) -> bool:
        """Whether this is a method of a module, or of what may be one: its callers decide on mode and graph."""
        owner = enclosing_class(self.scope)
        if owner is None:
            return False
        return owner.is_a(library.MODULE) or (owner.has_unknown_base and owner.method("forward") is not None)


def evaluations(body: Body, signs: Signs) -> tuple[Evaluation, ...]:
    """The evaluations that a body is or holds; found once for all checks that ask."""
    key = (evaluations, body.scopes, signs)
    return body.scope.inquiry.once(key, lambda: tuple(_evaluations(body, signs)))


def _evaluations(body: Body, signs: Signs) -> Iterator[Evaluation]:
    scope = body.scope
    if scope.name in _NEVER or is_managed(scope) or not _may_evaluate(body, signs):
        return
    acts = acts_of(body)
    batches = tuple(i for here in body.scopes for i in iterations(here) if is_evaluation(i, signs.loaders))
    if not any(map(is_training, acts)):
        yield Evaluation(body, acts, _is_named(scope, signs), batches)
        return
    for iteration in batches:
        if isinstance(iteration.node, ast.For | ast.AsyncFor):
            loop = Loop(iteration.scope, iteration.node)
            inside = tuple(act for act in acts if act.top.scope is loop.scope and loop.holds(act.block))
            nested = any(other is not iteration and _within(other, loop) for other in batches)
            if not nested and not any(map(is_training, inside)):
                yield Evaluation(body, inside, batches=(iteration,), loop=loop)


def _within(outer: Iteration, loop: Loop) -> bool:
    place = loop.scope.block_of(loop.node)
    return outer.scope is loop.scope and place is not None and outer.holds(place)


def _spans(call: Call, statement: ast.stmt) -> bool:
    """Whether a statement holds a call (or, for branches and `with`, leaves that to the statements in it)."""
    if isinstance(statement, ast.If | ast.With | ast.Try):
        return False
    start, end = call.scope.tree.span(call.node)
    outer = call.scope.tree.span(statement)
    return outer.start <= start and end <= outer.end


def _is_named(scope: Scope, signs: Signs) -> bool:
    return scope.is_function and scope.name.lstrip("_").lower().startswith(signs.names)


def _may_evaluate(body: Body, signs: Signs) -> bool:
    """A cheap look: whether the name, a word, or a loop's iterable speaks of evaluation."""
    if _is_named(body.scope, signs):
        return True
    if any(not _HINTS.isdisjoint(here.words) for here in body.scopes):
        return True
    return any(is_evaluation(i, signs.loaders) for here in body.scopes for i in iterations(here))


_MEASURES = frozenset({"shape", "size", "ndim", "dim", "numel", "device", "dtype"})
_HINTS = frozenset({"eval", "no_grad", "inference_mode"})


def is_training(act: Act) -> bool:
    """Whether a call belongs to training: a backward, a step, or an unknown call that gets an optimizer."""
    if is_backward(act) or is_step(act):
        return True
    return is_unknown(act) and any(map(_names_optimizer, act.call.node.args))


def _names_optimizer(node: ast.expr) -> bool:
    name = own_name(node)
    return is_optimizer_name(name)


def switches_to_eval(evaluation: Evaluation) -> Act | None:
    """The first `model.eval()` of an evaluation, in helpers too."""
    return next((act for act in evaluation.acts if _switches_a_module(act)), None)


def _switches_a_module(act: Act) -> bool:
    """Whether a call is `model.eval()`; a class of the project's own that is no module may have an `eval` too."""
    call = act.call
    if call.method != "eval" or call.node.args:
        return False
    own = own_class_of(call.scope, call.receiver) if call.receiver is not None else None
    return own is None or own.is_a(library.MODULE) or own.has_unknown_base


def loops_around(run: Act) -> Iterator[ast.AST]:
    """The loops that a call stands in, in the body or in the helpers that lead to it."""
    for call in (*run.through, run.call):
        yield from (b.node for b in call.block.chain() if b.node is not None and is_loop(b.node))


def keeps_nothing(run: Act) -> bool:
    """Whether of what a call gives, once or so many times, nothing stays but its shape: a warm-up, a probe."""
    scope, node = run.call.scope, run.call.node
    statement = scope.statement_of(node)
    if isinstance(statement, ast.Expr) and statement.value is node:
        dropped = True
    elif isinstance(statement, ast.Assign) and statement.value is node:
        names = [target.id for target in statement.targets if isinstance(target, ast.Name)]
        loads = [load.node for name in names for load in _loads_of(scope, name, statement)]
        dropped = len(names) == len(statement.targets) and (
            names == ["_"] or (bool(loads) and all(_is_measured(scope, load) for load in loads))
        )
    else:
        dropped = _is_measured(scope, node)
    return dropped and all(map(_counts, loops_around(run)))


def _loads_of(scope: Scope, name: str, statement: ast.stmt) -> Iterator[Load]:
    for load in scope.flow.loads_of.get(name, ()):
        if any(definition.node is statement for definition in load.definitions):
            yield load


def _is_measured(scope: Scope, value: ast.expr) -> bool:
    """Whether of a tensor only the shape is asked: `y.shape[1]`, `y.size(-1)`."""
    reads = scope.flow.attribute_reads
    return any(read.value is value for name in _MEASURES for read in reads.get(name, ()))


def _counts(loop: ast.AST) -> bool:
    """Whether a loop only counts: `for _ in range(warm_up)`."""
    match loop:
        case ast.For(iter=ast.Call(func=ast.Name(id="range"))):
            return True
    return False


def runs_in_evaluating_helper(run: Act, signs: Signs) -> bool:
    """Whether a model runs in a helper that is an evaluation itself, and is judged there."""
    helpers = {call.scope for call in (*run.through[1:], run.call)} if run.through else set()
    return any(_evaluates(helper, signs) for helper in helpers)


def _evaluates(scope: Scope, signs: Signs) -> bool:
    found = evaluations(Body((scope,)), signs) if scope.is_function else ()
    return any(one.named or one.batches or switches_to_eval(one) or _has_guard(one) for one in found)


def _has_guard(evaluation: Evaluation) -> bool:
    return any(grad_is_off(act.call.scope, act.call.block) for act in evaluation.runs)
