"""See rules/deepspeed/save-on-one-rank.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.config.engines import engine_of
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.torch.distributed import rank_condition
from ml_lsp.semantics.torch.objects import last_name
from ml_lsp.semantics.torch.training import exclude_each_other
from ml_lsp.semantics.types import is_a
from ml_lsp.semantics.values import UNKNOWN, Result


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report checkpoints in which all ranks take part, written or read by one of them."""
    scope = call.scope
    if is_test_code(scope) or not _takes_all_ranks(call, rule):
        return
    condition = rank_condition(call)
    decorated = [
        d for d in scope.decorators if last_name(d.callee if isinstance(d, Result) else d) == "rank_zero_only"
    ]
    others = (other for other in scope.calls if other.method == call.method)
    if any(exclude_each_other(call.block, other.block) for other in others):
        return
    if condition is not None:
        related = [scope.related(condition.test, "only some ranks go on from here")]
        yield rule.finding(call.span, related=related, method=call.method)
    elif decorated:
        yield rule.finding(call.span, method=call.method)


def _takes_all_ranks(call: Call, rule: Rule) -> bool:
    """Whether a call is a method of an engine, or of a trainer that works with one."""
    scope, receiver = call.scope, call.receiver or UNKNOWN
    if call.method in rule.data["engine_methods"] and engine_of(scope, receiver) is not None:
        return True
    owners = rule.data["trainer_methods"].get(call.method, ())
    shards = any(scope.inquiry.mentions(word) for word in rule.data["sharding"])
    return bool(owners) and shards and is_a(scope, receiver, *owners)
