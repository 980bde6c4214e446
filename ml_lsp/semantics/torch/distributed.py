"""Training in several processes: which tests let one rank through, what takes all ranks, what all ranks run."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ml_lsp.semantics.call import Call
from ml_lsp.semantics.callers import find_callers
from ml_lsp.semantics.conditions import Condition, conditions_at
from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.semantics.mentioning import calls_mentioning
from ml_lsp.semantics.reach import Act, acts
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.torch.objects import last_name, written_name
from ml_lsp.semantics.values import (
    Const,
    Display,
    Item,
    Op,
    Param,
    Ref,
    Result,
    Unknown,
    Value,
    options,
    walk,
)

# What every process of the default group must call: https://docs.pytorch.org/docs/stable/distributed.html
COLLECTIVES = frozenset(
    f"torch.distributed.{name}"
    for name in (
        "barrier",
        "monitored_barrier",
        "all_reduce",
        "all_gather",
        "all_gather_object",
        "all_gather_into_tensor",
        "reduce",
        "reduce_scatter",
        "reduce_scatter_tensor",
        "broadcast",
        "broadcast_object_list",
        "gather",
        "gather_object",
        "scatter",
        "scatter_object_list",
        "all_to_all",
        "all_to_all_single",
        "new_group",
    )
)
_RANK = re.compile(r"(?:global_|local_|world_|dist_|ddp_|process_)?rank\Z", re.IGNORECASE)
_GET_RANK = re.compile(r"_*get_(?:global_|local_|world_)?rank\Z")
_FIRST_RANK = re.compile(
    r"_*is_(?:local_|global_|world_)?(?:main|master|chief|primary|rank_?zero|rank_?0|zero|process_zero)"
    r"(?:_process|_proc|_rank|_worker)?\Z|(?:main|master)_process\Z"
)
_SEEDERS = ("manual_seed", "manual_seed_all", "seed", "set_seed", "seed_everything")
_START = "torch.distributed.init_process_group"
_OF_RANKS = re.compile(
    r"rank|main_?proc|is_?main|is_?master|master|primary|chief|leader|zero|world_?size|distributed|ddp", re.I
)


# --------------------------------------------------------------------------------------------- tests of ranks


def selects_ranks(condition: Condition) -> bool:
    """Whether a condition certainly holds on some ranks and not on others: `rank == 0`, `is_main_process()`."""
    return _selects(condition.scope, condition.test, condition.holds)


def rank_condition(call: Call) -> Condition | None:
    """The condition, in its own function, that lets only some ranks reach a call; None if there is none."""
    return next((found for found in conditions_at(call) if selects_ranks(found)), None)


def tests_ranks(scope: Scope) -> bool:
    """Whether any `if` of a scope tells ranks apart."""
    tests = (node.test for node in scope.flow.blocks if isinstance(node, ast.If | ast.IfExp))
    return any(_selects(scope, test, holds) for test in tests for holds in (True, False))


def speaks_of_ranks(scope: Scope, node: ast.AST) -> bool:
    """Whether an expression has anything to do with ranks, as far as a name in it or behind it tells."""
    for part in ast.walk(node):
        if _OF_RANKS.search(written_name(part) if isinstance(part, ast.expr) else ""):
            return True
    return any(_OF_RANKS.search(name) for of in walk(scope.value(node)) for name in _names(of))


def _names(value: Value) -> Iterator[str]:
    yield last_name(value)
    if isinstance(value, Const) and isinstance(value.value, str):
        yield value.value


def _selects(scope: Scope, test: ast.expr, holds: bool) -> bool:
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            return _selects(scope, inner, not holds)
        case ast.BoolOp(op=op, values=values):
            narrows = isinstance(op, ast.And) == holds
            return (any if narrows else all)(_selects(scope, value, holds) for value in values)
        case ast.Compare(left=left, ops=[op], comparators=[right]):
            of_rank = _is_rank(scope.value(left)) or bool(_RANK.match(written_name(left)))
            return of_rank and _divides(op, scope.value(right))
        case ast.Call(func=func) if _FIRST_RANK.match(written_name(func)):
            return True
    value = scope.value(test)
    return _says_first(value) or any(map(_is_rank, options(value))) or _is_comparison(value)


def _is_comparison(value: Value) -> bool:
    """Whether a name stands for the comparison of a rank: `master = rank == 0`."""
    match value:
        case Op("==" | "!=", (left, Const(int(number)))):
            return _is_rank(left) and number >= 0
    return False


def _divides(op: ast.cmpop, other: Value) -> bool:
    """Whether comparing a rank tells ranks apart: -1 is the rank of a script that runs alone."""
    numbers = [
        part.value
        for part in (other.items if isinstance(other, Display) else (other,))
        if isinstance(part, Const)
    ]
    known = [number for number in numbers if isinstance(number, int)]
    if not known or len(known) != len(numbers):
        return False
    if isinstance(op, ast.Gt | ast.LtE):
        return known[0] >= 0
    if isinstance(op, ast.GtE | ast.Lt):
        return known[0] >= 1
    return any(number >= 0 for number in known)


def _says_first(value: Value) -> bool:
    called = value.callee if isinstance(value, Result) else value
    return bool(_FIRST_RANK.match(last_name(called)))


def _is_rank(value: Value) -> bool:
    """Whether a value is the number of a process in the default group, or on its machine."""
    match value:
        case Result(Ref("builtins.int"), (first, *_)):
            return _is_rank(first)
        case Result(Ref("os.getenv" | "os.environ.get"), (Const(key), *_)) | Item(
            Ref("os.environ"), Const(key)
        ):
            return key in ("RANK", "LOCAL_RANK")
        case Result(callee, args, keywords):
            return not args and not keywords and bool(_GET_RANK.match(last_name(callee)))
        case Item():
            return False
    return bool(_RANK.match(last_name(value)))


# ------------------------------------------------------------------------------------------- collective calls


def is_collective(call: Call) -> bool:
    """Whether a call is one that all processes of the default group must make."""
    return call.name in COLLECTIVES and call.lacks(None, "group") and not call.has_unpacking


# ---------------------------------------------------------------------------------------- what all ranks run


def runs_on_all_ranks(call: Call, depth: int = 3) -> Call | None:
    """The call that started the process group in whose processes, all of them, a call then runs.

    It stands before the call in the same function, or in all functions that lead to it. None if the ways there
    cannot all be seen, or if any test on them may tell ranks apart.
    """
    if any(map(_may_select, conditions_at(call))):
        return None
    start = _start_before(call)
    if start is not None or depth == 0 or not call.scope.is_function:
        return start
    callers = find_callers(call.scope)
    starts = [runs_on_all_ranks(caller, depth - 1) for caller in callers or ()]
    return starts[0] if starts and None not in starts else None


def _start_before(call: Call) -> Call | None:
    """The call by which the same code certainly started the group before a call, itself or in a helper."""
    for scope in call.scope.together():
        for act in acts(scope.calls):
            if (
                act.call.name == _START
                and is_certain(act)
                and act.when < call.when
                and call.block.inside(act.block)
            ):
                return act.top
    return None


def is_certain(act: Act) -> bool:
    """Whether an act certainly happens when its call in the body runs."""
    return not any(any(conditions_at(inner)) for inner in (*act.through[1:], act.call) if act.through)


def _may_select(condition: Condition) -> bool:
    """Whether a condition may hold on some ranks only: it says so, or is a flag or object of unknown origin."""
    scope = condition.scope
    if speaks_of_ranks(scope, condition.test):
        return True
    match condition.test:
        case ast.Compare(ops=[op]) if not isinstance(op, ast.Is | ast.IsNot):
            return False
    names = (part for part in ast.walk(condition.test) if isinstance(part, ast.Name))
    return any(isinstance(scope.value(name), Param | Unknown) for name in names)


def seeds_by_rank(inquiry: Inquiry) -> bool:
    """Whether any code of a module gives each rank a seed of its own."""
    return any(
        written_name(call.node.func) in _SEEDERS
        and any(speaks_of_ranks(call.scope, arg) for arg in call.node.args)
        for call in calls_mentioning(inquiry, *_SEEDERS)
    )
