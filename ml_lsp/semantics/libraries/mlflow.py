"""MLflow's runs: which calls open one, which close it, and which run is open where."""

from __future__ import annotations

import ast
import re
from collections.abc import Collection, Iterator

from ml_lsp.semantics.body import Body, Loop
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.flow import Block
from ml_lsp.semantics.reach import Act, acts
from ml_lsp.semantics.values import Const, Ref, identity

START, END = "mlflow.start_run", "mlflow.end_run"
# Names of functions elsewhere that may end a run.
_ENDING = re.compile(r"(?:^|_)(?:end|ends|finish|close|stop|terminate|exit|cleanup)(?:_|\d|$)|__exit__")


def is_nested(call: Call) -> bool:
    """Whether a `start_run` may be meant for a place where a run is open: nested, or given a run."""
    if any(not call.lacks(place, name) for place, name in ((0, "run_id"), (4, "parent_run_id"))):
        return True
    return not call.lacks(3, "nested") and call.argument_value(3, "nested") != Const(False)


def run_block(call: Call) -> ast.With | ast.AsyncWith | None:
    """The `with` statement that a `start_run` opens, itself or by the name it is given."""
    for statement in call.scope.flow.blocks:
        if isinstance(statement, ast.With | ast.AsyncWith):
            for item in statement.items:
                entered = item.context_expr
                if entered is call.node or _is_named(call, entered):
                    return statement
    return None


def _is_named(call: Call, entered: ast.expr) -> bool:
    return isinstance(entered, ast.Name) and identity(call.scope.value(entered)) == identity(call.value)


def is_handed_on(call: Call) -> bool:
    """Whether a run goes to another call or to the caller, who may close it: `enter_context(start_run())`."""
    statement = call.scope.statement_of(call.node)
    if isinstance(statement, ast.Return):
        return True
    given = [arg for other in call.scope.calls for arg in (*other.node.args, *_keywords(other))]
    return any(arg is call.node for arg in given)


def _keywords(call: Call) -> list[ast.expr]:
    return [keyword.value for keyword in call.node.keywords]


def endings(calls: Collection[Call]) -> list[Act]:
    """What ends a run, or may do so out of sight, among some calls and the helpers they run."""
    return [act for act in acts(calls) if _may_end(act.call)]


def _may_end(call: Call) -> bool:
    callee = call.callee
    if isinstance(callee, Ref):
        return callee.name == END or bool(_ENDING.search(callee.name.rpartition(".")[2]))
    return call.target is None and bool(_ENDING.search(call.method or ""))


def stays_open(call: Call, loop: Loop) -> bool:
    """Whether a run opened by hand in a loop can still be open when the next iteration opens another."""
    ends = endings(loop.calls)
    if any(act.call.name == END and act.top.order < call.order for act in ends) or _leaves(call, loop):
        return False
    later = [act.top for act in ends if act.top.order > call.order]
    if not later:
        return True
    return any(
        not any((end.block.inside(block) and end.order < order) or _is_final(end) for end in later)
        for block, order in _continues(call, loop)
        if order < later[-1].order
    )


def _is_final(end: Call) -> bool:
    return any(block.arm == "finally" for block in end.block.chain())


def _continues(call: Call, loop: Loop) -> Iterator[tuple[Block, int]]:
    flow = loop.scope.flow
    for statement, block in flow.blocks.items():
        order = flow.order_of[statement] if isinstance(statement, ast.Continue) else -1
        if order > call.order and loop.holds_directly(block):
            yield block, order


def _leaves(call: Call, loop: Loop) -> bool:
    """Whether the loop is left after a call, before its next iteration."""
    flow = loop.scope.flow
    return any(
        isinstance(statement, ast.Break | ast.Return | ast.Raise)
        and flow.order_of[statement] > call.order
        and loop.holds(block)
        and call.block.inside(block)
        for statement, block in flow.blocks.items()
    )


def open_run(call: Call, body: Body, opens: Collection[str]) -> Call | None:
    """The call before a `start_run`, in the same body, whose run is certainly still open there.

    `opens`: names of calls that open a run if none is active.
    """
    around = _open_block(call, body)
    if around is not None:
        return around
    ended = max((act.when for act in endings(body.calls) if act.when < call.when), default=(-1, -1))
    found = None
    for other in body.calls:
        if not ended < other.when < call.when or other.name not in (START, *opens):
            continue
        reached = call.block.inside(other.block) or (
            other.scope is not call.scope and other.block.parent is None
        )
        if reached and _is_open_after(other) and _is_one_cell(other, call):
            found = found or other
    return found


def _open_block(call: Call, body: Body) -> Call | None:
    for other in body.calls:
        if other.name == START and other.node is not call.node and other.scope is call.scope:
            opened = run_block(other)
            if opened is not None and any(block.node is opened for block in call.block.chain()):
                return other
    return None


def _is_open_after(call: Call) -> bool:
    """Whether the run that a call opens, or that logging opens by itself, outlives the statement."""
    if call.name == START:
        return run_block(call) is None and not is_handed_on(call)
    return not any(isinstance(block.node, ast.With | ast.AsyncWith) for block in call.block.chain())


def _is_one_cell(one: Call, two: Call) -> bool:
    """Whether two calls run together: cells of a notebook may run in any order."""
    return one.scope is two.scope or one.scope.inquiry.module.path.suffix != ".ipynb"
