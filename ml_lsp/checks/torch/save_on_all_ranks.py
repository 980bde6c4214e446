"""See rules/torch/save-on-all-ranks.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.torch.distributed import runs_on_all_ranks, speaks_of_ranks


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report files that every process of a group writes under the same name."""
    inquiry, path = call.scope.inquiry, call.argument(1, "f")
    if path is None or is_test_code(call.scope) or speaks_of_ranks(call.scope, path):
        return
    if any(inquiry.mentions(word) for word in rule.data["sharded"]):
        return
    if not any(place.mentions("init_process_group") for place in (inquiry, *inquiry.importers())):
        return
    start = runs_on_all_ranks(call)
    if start is not None:
        related = [start.scope.related(start.node, "every process runs what follows")]
        yield rule.finding(call.span, related=related)
