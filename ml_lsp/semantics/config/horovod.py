"""Horovod's words: modules that train with it, what makes ranks one training, and code that one rank runs."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator

from ml_lsp.semantics.body import body_of
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.evaluate import unwrapped_iterable
from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.semantics.mentioning import calls_mentioning
from ml_lsp.semantics.reach import callers
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.torch.loaders import iterations
from ml_lsp.semantics.values import Ref, Result, walk

TORCH = "horovod.torch"
_ONE_RANK = re.compile(r"rank|verbose|master|main_process|is_main|is_root|\broot\b|world_size|hvd")
_DEEPEST = 3


def trains_with_torch(inquiry: Inquiry) -> bool:
    """Whether a module starts Horovod and takes optimizer steps: not for what only predicts, or is elastic."""
    if not (inquiry.mentions("backward") and inquiry.mentions("step")) or inquiry.mentions("elastic"):
        return False
    return any(call.name == f"{TORCH}.init" for call in calls_mentioning(inquiry, "init"))


def is_done(inquiry: Inquiry, words: Iterable[str]) -> bool:
    """Whether the module, or one that it imports, mentions one of some of Horovod's functions."""
    found = tuple(words)
    if any(inquiry.mentions(word) for word in found):
        return True
    project, here = inquiry.project, inquiry.module.path
    others = inquiry.modules(*found) if project is not None else ()
    return any(project is not None and here in project.importers(module.path) for module in others)


def averages_by_hand(inquiry: Inquiry) -> bool:
    """Whether gradients are averaged one by one: `hvd.allreduce(p.grad)`."""
    return any(
        (call.name or "").startswith(f"{TORCH}.allreduce") or (call.name or "").startswith(f"{TORCH}.grouped_all")
        for call in calls_mentioning(inquiry, "grad")
        if "grad" in call.scope.text(call.node)
    )  # fmt: skip


def starts_alike(inquiry: Inquiry) -> bool:
    """Whether every rank seeds PyTorch with one number, so that models made on each are the same without a broadcast."""
    seeds = (call for call in calls_mentioning(inquiry, "manual_seed") if call.name == "torch.manual_seed")
    return any(not _ONE_RANK.search(call.scope.text(call.node)) for call in seeds)


def reads_by_rank(inquiry: Inquiry) -> bool:
    """Whether the rank is given to something, which may then share out the data."""
    return any(
        isinstance(part, Result) and part.callee == Ref(f"{TORCH}.rank")
        for call in calls_mentioning(inquiry, "rank")
        for node in (*call.node.args, *(keyword.value for keyword in call.node.keywords))
        for part in walk(call.scope.value(node))
    )


def feeds_training(loader: Call) -> bool:
    """Whether a backward pass runs in a loop over a loader, in the function that makes it."""
    for scope in body_of(loader.scope).scopes:
        for iteration in iterations(scope):
            site = unwrapped_iterable(scope.value(iteration.iterable)).site
            steps = (
                call for call in scope.calls if call.method == "backward" and iteration.holds(call.block)
            )
            if site is not None and site.node is loader.node and any(True for _ in steps):
                return True
    return False


def may_run_on_one_rank(call: Call, depth: int = _DEEPEST) -> bool:
    """Whether a call stands behind a question for the rank, or it cannot be seen that it does not."""
    if _is_asked(call):
        return True
    if not call.scope.is_function:
        return False
    found = callers(call.scope) if depth else None
    return not found or all(may_run_on_one_rank(caller, depth - 1) for caller in found)


def _is_asked(call: Call) -> bool:
    for block in call.block.chain():
        test = block.node.test if isinstance(block.node, ast.If | ast.IfExp) else None
        if test is not None and _ONE_RANK.search(call.scope.text(test)):
            return True
    return any(order < call.order for order in _early_ends(call.scope))


def _early_ends(scope: Scope) -> Iterator[int]:
    """Where a scope is left on other ranks: `if hvd.rank() != 0: return`."""
    for statement, block in scope.flow.blocks.items():
        test = block.node.test if isinstance(block.node, ast.If) else None
        leaves = isinstance(statement, ast.Return | ast.Continue)
        if leaves and test is not None and _ONE_RANK.search(scope.text(test)):
            yield scope.flow.order_of[statement]
