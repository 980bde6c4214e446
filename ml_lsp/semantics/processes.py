"""Programs that run one piece of code in several processes: ranks, pools, remote functions."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

from ml_lsp.semantics.call import Call
from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.semantics.mentioning import calls_mentioning
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.testcode import is_test_path
from ml_lsp.semantics.values import Const, Ref, Result, Value

# Conditions and names that tell one process from the others.
_OF_ONE = re.compile(
    r"rank|is_main|main_process|is_master|master|zero_only|world_process|\bpid\b|getpid|worker|uuid|__main__",
    re.IGNORECASE,
)


def tells_processes_apart(text: str) -> bool:
    """Whether a condition or a path, as written, depends on which process this is."""
    return _OF_ONE.search(text) is not None


def starts_processes(inquiry: Inquiry, starters: Collection[str]) -> Iterator[Call]:
    """The calls in a module, and in those that import it, that start processes or join a group of them.

    `starters`: dotted names of functions and classes. A trainer with a strategy of several processes counts.
    """
    words = {name.rpartition(".")[2] for name in starters} | {"strategy"}
    for one in (inquiry, *inquiry.importers()):
        if not is_test_path(one.module.path):
            yield from (call for call in calls_mentioning(one, *words) if _starts(call, starters))


def is_remote(scope: Scope) -> bool:
    """Whether a function, or the class whose method it is, runs in processes of Ray's."""
    decorators = scope.decorators
    if scope.owner is not None:
        around = scope.parent or scope
        decorators += tuple(around.value(node) for node in scope.owner.node.decorator_list)
    return any(_is_remote_mark(one) for one in decorators)


def _starts(call: Call, starters: Collection[str]) -> bool:
    if call.name in starters:
        return True
    strategy = call.argument_value(None, "strategy")
    return isinstance(strategy, Const) and str(strategy.value).startswith(("ddp", "fsdp", "deepspeed"))


def _is_remote_mark(value: Value) -> bool:
    return (value.callee if isinstance(value, Result) else value) == Ref("ray.remote")
