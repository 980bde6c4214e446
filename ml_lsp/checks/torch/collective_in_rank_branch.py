"""See rules/torch/collective-in-rank-branch.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.semantics.body import Body
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.reach import Act
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.torch.distributed import is_certain, is_collective, rank_condition, tests_ranks
from ml_lsp.semantics.torch.training import acts_of


def check(body: Body, rule: Rule) -> Iterator[Finding]:
    """Report the collectives of a body that a test of the rank keeps from some processes."""
    if not body.scope.inquiry.mentions("distributed") or is_test_code(body.scope):
        return
    if not any(map(tests_ranks, body.scopes)):
        return
    found = [act for act in acts_of(body) if is_collective(act.call) and is_certain(act)]
    seen: set[Call] = set()
    for act in found:
        condition = rank_condition(act.top)
        if condition is None or act.top in seen or _has_counterpart(act, found):
            continue
        seen.add(act.top)
        scope = act.top.scope
        yield rule.finding(
            act.top.span,
            related=[scope.related(condition.test, "only some ranks go on from here")],
            call=scope.text(act.top.node.func),
            condition=" ".join(scope.text(condition.test).split()),
        )


def _has_counterpart(act: Act, found: list[Act]) -> bool:
    """Whether the body makes the same collective at another place: the other ranks may meet it there."""
    return any(other.top is not act.top and other.call.name == act.call.name for other in found)
