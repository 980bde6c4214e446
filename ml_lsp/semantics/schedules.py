"""Learning-rate schedulers of torch and transformers: how they were made, and how long they last."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.semantics import library, types
from ml_lsp.semantics.body import Loop
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.instances import constructions
from ml_lsp.semantics.torch import is_loader_name, written_name
from ml_lsp.semantics.values import Const, Op, Ref, Result, Value, identity, walk

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
