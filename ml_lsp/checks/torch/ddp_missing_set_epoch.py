"""See rules/torch/ddp-missing-set-epoch.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import insert_before
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.torch.epochs import epoch_loops
from ml_lsp.semantics.torch.loaders import says_evaluation
from ml_lsp.semantics.values import Const
from ml_lsp.text import Edit


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report samplers for training whose epoch nobody in the project sets."""
    inquiry = call.scope.inquiry
    shuffles = call.lacks(3, "shuffle") or call.argument_value(3, "shuffle") == Const(True)
    if not shuffles or is_test_code(call.scope) or _is_for_evaluation(call, rule):
        return
    if any(inquiry.mentions(word) for word in ("set_epoch", *rule.data["trainers"])):
        return
    loops = [found for place in (inquiry, *inquiry.importers()) for found in epoch_loops(place)]
    if not loops or _is_seeded_by_epoch(call, {name for _, name in loops}):
        return
    if not any("set_epoch" in module.words for module in inquiry.modules("set_epoch")):
        sampler, epoch, edits = _remedy(call)
        yield rule.finding(call.span, edits=edits, sampler=sampler, epoch=epoch)


def _is_seeded_by_epoch(call: Call, epochs: set[str]) -> bool:
    """Whether each epoch makes a sampler of its own: `DistributedSampler(data, seed=seed + epoch)`."""
    seed = call.argument(4, "seed")
    names = (node.id for node in ast.walk(seed) if isinstance(node, ast.Name)) if seed is not None else ()
    return any(name in epochs for name in names)


def _is_for_evaluation(call: Call, rule: Rule) -> bool:
    """Whether the names around say that the data are held out: the dataset, the sampler, the function."""
    statement = call.scope.statement_of(call.node)
    first = call.scope.text(statement).partition("=")[0] if isinstance(statement, ast.Assign) else ""
    given = [call.scope.text(argument) for argument in call.node.args[:1]]
    given += [call.scope.text(k.value) for k in call.node.keywords if k.arg == "dataset"]
    names = " ".join((first, call.scope.name, *given)).replace("_", " ")
    return any(says_evaluation(name, rule.data["evaluation"]) for name in names.split())


def _remedy(call: Call) -> tuple[str, str, list[Edit]]:
    """How the sampler and the epoch are called, and the call put into the loop, where both can be told."""
    scope = call.scope
    statement = scope.statement_of(call.node)
    match statement:
        case ast.Assign(targets=[ast.Name(id=sampler)], value=value) if value is call.node:
            pass
        case _:
            return "loader.sampler", "epoch", []
    for loop, epoch in epoch_loops(scope.inquiry):
        block = loop.scope.block_of(loop.node)
        if loop.scope is scope and block is not None and block.inside(call.block):
            line = f"{sampler}.set_epoch({epoch})"
            return sampler, epoch, [insert_before(scope, loop.node.body[0], line)]
    return sampler, "epoch", []
