"""See rules/ray/get-in-loop.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import takewhile

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.semantics.body import Loop, is_loop
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.conditions import conditions_at
from ml_lsp.semantics.libraries.ray import submits
from ml_lsp.semantics.torch.carried import Derived
from ml_lsp.semantics.values import Attr, Const, Global, Local, Ref, Result
from ml_lsp.text import Edit, Span


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report the wait for a task that the same iteration has submitted."""
    around = next((block.node for block in call.block.chain() if is_loop(block.node)), None)
    task = _task(call)
    if around is None or task is None or not _is_in(task, around):
        return
    if isinstance(around, ast.For) and not _may_run_at_once(call, task, Loop(call.scope, around), rule):
        return
    if _runs_once(call, around) or _is_ended_by_itself(call, around):
        return
    if not isinstance(around, ast.While | ast.AsyncFor) and not _is_one_handle(task, around):
        yield rule.finding(call.span, edits=_one_wait(call, around))


def _task(call: Call) -> Call | None:
    """The call that submits the single task which is waited for."""
    given = call.argument_value(0, "object_refs")
    if given is None or not submits(given) or given.site is None or given.site.scope is not call.scope:
        return None
    return call.scope.call_of(given.site.node)


def _is_in(task: Call, loop: ast.AST) -> bool:
    return any(block.node is loop and block.arm == "body" for block in task.block.chain())


def _may_run_at_once(call: Call, task: Call, loop: Loop, rule: Rule) -> bool:
    """Whether nothing speaks for waiting in each iteration: no result used in the next, no timing, few rounds."""
    match loop.iterable:
        case Result(Ref("builtins.range"), (Const(int(rounds)),)) if rounds <= rule.data["few_rounds"]:
            return False
    if any(other.name in rule.data["waits"] for other in loop.calls):
        return False
    derived = Derived(loop, call.node)
    return not derived.decides() and not derived.reaches(task.node)


def _runs_once(call: Call, loop: ast.AST) -> bool:
    """Whether only one round waits: the loop is left (or tried again), or `if rank == 0:`, `if x is None: x = get(...)`."""
    statement = call.scope.statement_of(call.node)
    leaving = (node for node, block in call.scope.flow.blocks.items() if block is call.block)
    if isinstance(loop, ast.For) and any(isinstance(node, ast.Return | ast.Break) for node in leaving):
        return True
    targets = statement.targets if isinstance(statement, ast.Assign) else ()
    made = {node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)}
    counters = _bound_by(call, loop)
    for condition in conditions_at(call):
        match condition.test:
            case ast.Compare(left=ast.Name(id=name), ops=[op], comparators=[ast.Constant(value=int())]):
                if name in counters and isinstance(op, ast.Eq if condition.holds else ast.NotEq):
                    return True
            case ast.Compare(left=ast.Name(id=name), ops=[ast.Is()], comparators=[ast.Constant(value=None)]):
                if name in made and condition.holds:
                    return True
    return False


def _is_ended_by_itself(call: Call, loop: ast.AST) -> bool:
    """Whether nothing but the end of each task is waited for, in a `try` of its own: the others go on."""
    statement = call.scope.statement_of(call.node)
    if not isinstance(statement, ast.Expr) or statement.value is not call.node:
        return False
    inner = takewhile(lambda block: block.node is not loop, call.block.chain())
    return any(
        isinstance(block.node, ast.Try) and block.node.handlers and block.arm == "body" for block in inner
    )


def _is_one_handle(task: Call, loop: ast.AST) -> bool:
    """Whether the task is a method of one actor, which works on one task at a time anyway."""
    func = task.node.func
    receiver = task.scope.value(func.value) if isinstance(func, ast.Attribute) else None
    if not isinstance(receiver, Attr) or isinstance(receiver.owner, Ref | Global | Local):
        return False
    return not any(
        load.node.id in _bound_by(task, loop)
        for node in ast.walk(func)
        if isinstance(node, ast.Name) and (load := task.scope.flow.loads.get(node)) is not None
    )


def _bound_by(task: Call, loop: ast.AST) -> frozenset[str]:
    """The names that get a value in each round of the loop."""
    return frozenset(
        name
        for name, definitions in task.scope.flow.definitions.items()
        if any(block.node is loop for d in definitions for block in d.block.chain())
    )


def _one_wait(call: Call, loop: ast.AST) -> tuple[Edit, ...]:
    """`get([task for ...])` for `[get(task) for ...]`."""
    if not isinstance(loop, ast.ListComp) or loop.elt is not call.node or call.node.keywords:
        return ()
    scope, (given, *others) = call.scope, call.node.args
    if others:
        return ()
    inner, whole, outer = scope.span(given), call.span, scope.span(loop)
    return (
        Edit(Span(outer.start, outer.start), f"{scope.text(call.node.func)}("),
        Edit(Span(whole.start, inner.start), ""),
        Edit(Span(inner.end, whole.end), ""),
        Edit(Span(outer.end, outer.end), ")"),
    )
