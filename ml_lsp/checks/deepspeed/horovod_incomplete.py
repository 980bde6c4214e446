"""See rules/deepspeed/horovod-incomplete.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding, Severity
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.config.horovod import (
    TORCH,
    averages_by_hand,
    feeds_training,
    is_done,
    may_run_on_one_rank,
    reads_by_rank,
    starts_alike,
    trains_with_torch,
)
from ml_lsp.semantics.testcode import is_test_code


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report what a training with Horovod lacks: at the start, at the loader, at the save."""
    if is_test_code(call.scope):
        return
    if (call.name or "").endswith(".init"):
        yield from _of_start(call, rule)
    elif not trains_with_torch(call.scope.inquiry):
        return
    elif call.name == "torch.save":
        if not may_run_on_one_rank(call):
            yield rule.finding(call.span, message=rule.data["messages"]["save"], severity=Severity.WARNING)
    elif call.lacks(3, "sampler") and call.lacks(4, "batch_sampler") and _sees_everything(call, rule):
        yield rule.finding(call.span, message=rule.data["messages"]["data"])


def _of_start(call: Call, rule: Rule) -> Iterator[Finding]:
    inquiry = call.scope.inquiry
    if call.name == f"{TORCH}.init":
        if not trains_with_torch(inquiry):
            return
    elif not inquiry.mentions("fit") or inquiry.mentions("elastic"):
        return
    missing = []
    if not is_done(inquiry, rule.data["averaging"]) and not averages_by_hand(inquiry):
        missing.append("optimizer")
    if not is_done(inquiry, rule.data["broadcasting"]) and not starts_alike(inquiry):
        missing.append("broadcast")
    if missing:
        key = " and ".join(missing)
        yield rule.finding(call.span, message=rule.data["messages"][key])


def _sees_everything(call: Call, rule: Rule) -> bool:
    """Whether each rank gets all of the data that it trains on."""
    inquiry = call.scope.inquiry
    if any(inquiry.mentions(word) for word in rule.data["sharing"]) or reads_by_rank(inquiry):
        return False
    return feeds_training(call) or call.constant(2, "shuffle") is True
