"""Programs that run one piece of code in several processes: ranks, pools, workers, remote functions."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator
from itertools import pairwise

from ml_lsp.finding import Related
from ml_lsp.semantics.body import body_of
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.libraries.ways_in import Way, ways_to
from ml_lsp.semantics.mentioning import calls_mentioning
from ml_lsp.semantics.reach import acts
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.targets import target
from ml_lsp.semantics.testcode import is_test_path
from ml_lsp.semantics.types import arguments_of
from ml_lsp.semantics.users import users
from ml_lsp.semantics.values import (
    Attr,
    Const,
    Global,
    Local,
    Param,
    Ref,
    Result,
    Value,
    parameters,
    substitute,
    walk,
)

# Conditions and names that tell one process from the others.
_OF_ONE = re.compile(
    r"rank|is_main|main_process|is_master|master|zero_only|world_process|\bpid\b|getpid|worker|uuid|__main__",
    re.IGNORECASE,
)
_STRATEGIES = ("ddp", "fsdp", "deepspeed")
_STRATEGY_CLASSES = ("DDPStrategy", "FSDPStrategy", "DeepSpeedStrategy")
_PROCESSES = ("multiprocessing.Process", "torch.multiprocessing.Process", "multiprocessing.context.Process")
# What has each process do a job of its own, with what it is given.
_JOBS = ("Process", "Pool", "ProcessPoolExecutor")
_CONTEXTS = frozenset({"multiprocessing.get_context", "torch.multiprocessing.get_context"})


def tells_processes_apart(text: str) -> bool:
    """Whether a condition or a path, as written, depends on which process this is."""
    return _OF_ONE.search(text) is not None


def shared_by_processes(call: Call, given: ast.expr, starters: Collection[str]) -> Iterator[Related]:
    """What shows that several processes of a program make a call with the same argument, with the place.

    Calls that one process makes are left out. `starters`: dotted names of functions and classes that start
    processes, or join a group of them.
    """
    ways = [way for way in ways_to(call) if not any(map(_is_of_one_process, way)) and not _is_own(way, given)]
    for way in ways:
        yield from _of_functions(way)
    told = all(not parameters(value) for way in ways for value in _given(way, given)[-1:])
    for start in _starts_around(call, ways, starters) if ways else ():
        if told or not (start.method or start.name or "").endswith(_JOBS):
            yield start.scope.related(start.node, "several processes run this program")


def _is_of_one_process(call: Call) -> bool:
    """Whether a condition around a call, or one before it that returns, lets one process through."""
    around = [block.node for block in call.block.chain() if isinstance(block.node, ast.If)]
    before = [
        node
        for node in call.scope.flow.blocks
        if isinstance(node, ast.If) and any(isinstance(inner, ast.Return) for inner in ast.walk(node))
    ]
    decorators = getattr(call.scope.node, "decorator_list", [])
    tests = [call.scope.text(node.test) for node in (*around, *before)]
    return any(map(tells_processes_apart, [*tests, *(ast.unparse(one) for one in decorators)]))


def _is_own(way: Way, given: ast.expr) -> bool:
    """Whether what a call is given, in terms of where the way begins, tells its process from the others."""
    values = _given(way, given)
    if isinstance(values[0], Const):
        return False
    return tells_processes_apart(" ".join((way[0].scope.text(given), *map(_names_in, values))))


def _given(way: Way, given: ast.expr) -> list[Value]:
    """What a call is given, in terms of the function that it stands in, of what calls that, and so on."""
    values = [way[0].scope.value(given)]
    for inner, outer in pairwise(way):
        bound = arguments_of(inner.scope, outer.value) if isinstance(outer.value, Result) else {}
        values.append(substitute(values[-1], bound))
    return values


def _names_in(value: Value) -> str:
    """The names and constants that a value is made of."""
    found = []
    for part in walk(value):
        match part:
            case Const(text):
                found.append(str(text))
            case Ref(name) | Global(name) | Local(name) | Param(name) | Attr(_, name):
                found.append(name)
    return " ".join(found)


def _of_functions(way: Way) -> Iterator[Related]:
    """The functions on a way that are run in processes of their own."""
    for step in way:
        if step.scope.is_function and _is_run_elsewhere(step.scope):
            yield step.scope.related(step.node, "which runs in several processes")


def _starts_around(call: Call, ways: list[Way], starters: Collection[str]) -> Iterator[Call]:
    """The calls that start processes: in the module, in those that use it, and in what leads to the call."""
    words = {name.rpartition(".")[2] for name in starters} | {"strategy"}
    inquiry = call.scope.inquiry
    around = users(inquiry) if call.scope.is_module_level else [inquiry, *inquiry.importers()]
    steps = [step for way in ways for step in way]
    around += [step.scope.inquiry for step in steps]
    for one in dict.fromkeys(around):
        if not is_test_path(one.module.path):
            yield from (found for found in calls_mentioning(one, *words) if _starts(found, starters))
    for scope in dict.fromkeys(step.scope for step in steps):
        yield from (act.call for act in acts(body_of(scope).calls) if _starts(act.call, starters))


def _starts(call: Call, starters: Collection[str]) -> bool:
    if call.name in starters or _is_of_context(call):
        return True
    match call.argument_value(None, "strategy"):
        case Const(str(strategy)):
            return strategy.startswith(_STRATEGIES)
        case Result(Ref(name)):
            return name.endswith(_STRATEGY_CLASSES)
    return False


def _is_of_context(call: Call) -> bool:
    """`multiprocessing.get_context("spawn").Process(...)`"""
    match call.callee:
        case Attr(Result(Ref(name)), "Process" | "Pool"):
            return name in _CONTEXTS
    return False


def _is_run_elsewhere(scope: Scope) -> bool:
    """Whether a function runs in processes of Ray's, of a loader's, or of its own class."""
    decorators = scope.decorators
    if scope.owner is not None:
        around = scope.parent or scope
        decorators += tuple(around.value(node) for node in scope.owner.node.decorator_list)
        if scope.name == "run" and any(map(scope.owner.is_a, _PROCESSES)):
            return True
    return any(map(_is_remote_mark, decorators)) or any(_hands_over(one, scope) for one in _givers(scope))


def _givers(scope: Scope) -> Iterator[Call]:
    for inquiry in (scope.inquiry, *scope.inquiry.importers()):
        words = [word for word in ("worker_init_fn", "remote") if inquiry.mentions(word)]
        yield from calls_mentioning(inquiry, *words)


def _hands_over(call: Call, scope: Scope) -> bool:
    """Whether a call has a function run in the workers of a loader, or by Ray."""
    given = call.argument_value(None, "worker_init_fn")
    if given is None and call.name == "ray.remote" and call.node.args:
        given = call.scope.value(call.node.args[0])
    found = target(call.scope, given) if given is not None else None
    return found is not None and found.node is scope.node


def _is_remote_mark(value: Value) -> bool:
    return (value.callee if isinstance(value, Result) else value) == Ref("ray.remote")
