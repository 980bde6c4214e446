"""Learning-rate schedulers of torch and transformers: how they were made, and how long they last."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.semantics import library, types
from ml_lsp.semantics.body import Loop
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.callers import mentions
from ml_lsp.semantics.mentioning import scopes_mentioning
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.statements import nodes
from ml_lsp.semantics.torch.instances import constructions
from ml_lsp.semantics.torch.objects import is_loader_name, written_name
from ml_lsp.semantics.values import Const, Op, Ref, Result, Value, identity, walk
from ml_lsp.syntax.trees import own_name

SCHEDULERS = "torch.optim.lr_scheduler."
PLATEAU = f"{SCHEDULERS}ReduceLROnPlateau"


def scheduler_class(call: Call) -> str | None:
    """The class of the torch or transformers scheduler that a method is called on; None if not certain."""
    if call.receiver is None:
        return None
    found = types.class_of(call.scope, call.receiver)
    known = isinstance(found, Ref) and library.is_a(found.name, library.SCHEDULER)
    return found.name if known and found.name.startswith(SCHEDULERS) else None  # type: ignore[union-attr]


def made_scheduler(call: Call) -> Result | None:
    """The call that made the scheduler which `call` steps, if it is one."""
    if call.method != "step" or scheduler_class(call) is None:
        return None
    made = constructions(call.scope, call.receiver) if call.receiver is not None else ()
    return made[0] if len(made) == 1 else None


def is_made_here(call: Call) -> bool:
    """Whether a call makes a scheduler of torch or transformers."""
    callee = call.callee
    if not isinstance(callee, Ref):
        return False
    returned = library.returned(callee.name)
    return (
        returned is not None and returned.startswith(SCHEDULERS) and library.is_a(returned, library.SCHEDULER)
    )


def scheduled_optimizer(made: Result) -> Value | None:
    """The optimizer that a scheduler was made for."""
    return made.argument(0, "optimizer")


# ----------------------------------------------------------------------------------- epochs and batches


def epochs_of(loop: Loop) -> Value | None:
    """How often a loop `for epoch in range(start, epochs)` is meant to run; None for other loops."""
    match loop.iterable:
        case Result(Ref("builtins.range"), args) if args:
            last = args[0] if len(args) == 1 else args[1]
            match last:
                case Op("+", (bound, Const(1))):
                    return bound
            return last
    return None


def is_batch_loop(loop: Loop) -> bool:
    """Whether a loop runs over the batches of a loader, by its class or else by its name."""
    if isinstance(loop.node, ast.While):
        return False
    iterable = loop.iterable
    if types.is_a(loop.scope, iterable, library.LOADER):
        return True
    return any(is_loader_name(written_name(node)) for node in _names(loop.node.iter))


def _names(node: ast.expr) -> Iterator[ast.expr]:
    """A name, or the names that calls around it (`enumerate`, `tqdm`) are given."""
    if isinstance(node, ast.Call):
        for argument in node.args:
            yield from _names(argument)
    else:
        yield node


def counts_batches(value: Value) -> bool:
    """Whether a number is made of the length of something: `epochs * len(loader)`."""
    return any(isinstance(part, Result) and part.callee == Ref("builtins.len") for part in walk(value))


def is_same_number(one: Value, other: Value) -> bool:
    """Whether two numbers are the same variable, attribute or constant."""
    return identity(one) == identity(other)


# ------------------------------------------------------------------------------------------- who steps them

# What looks at a scheduler, or saves it, and does not step it.
_LOOKING = frozenset({
    "get_last_lr", "get_lr", "state_dict", "load_state_dict", "last_epoch", "base_lrs", "_last_lr", "T_max",
})  # fmt: skip


def is_only_looked_at(scope: Scope, target: ast.expr) -> bool:
    """Whether a variable or an attribute of `self` that holds a scheduler is certainly never stepped.

    `target` is where it is assigned in `scope`. Anything but looking at it counts as a step: passing it on,
    returning it, a method that is not known.
    """
    name = own_name(target)
    inquiry = scope.inquiry
    if isinstance(target, ast.Attribute):
        if any(other.mentions(name) for other in inquiry.importers()):
            return False
        read = [(here, node) for here in scopes_mentioning(inquiry, name) for node in mentions(here, name)]
        named = any(_holds_text(here, name) for here in scopes_mentioning(inquiry, name))
        return not named and all(_looks(here, node) for here, node in read)
    around = scope.with_inner() if scope.is_function else scopes_mentioning(inquiry, name)
    return all(_looks(here, load.node) for here in around for load in here.flow.loads_of.get(name, ()))


def _holds_text(scope: Scope, name: str) -> bool:
    """Whether the name stands in a string: for `getattr(self, "scheduler")`."""
    return any(isinstance(node, ast.Constant) and node.value == name for node in nodes(scope))


def _looks(scope: Scope, node: ast.expr) -> bool:
    """Whether a name that is read is only looked at: `name.get_last_lr()`."""
    return any(
        isinstance(parent, ast.Attribute) and parent.value is node and parent.attr in _LOOKING
        for parent in nodes(scope)
    )
