"""See rules/torch/ddp-missing-distributed-sampler.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.semantics import library
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.torch.distributed import seeds_by_rank, speaks_of_ranks
from ml_lsp.semantics.torch.loading import is_trained_on, own_dataset, whole_dataset
from ml_lsp.semantics.torch.replicas import DDP
from ml_lsp.semantics.torch.training import exclude_each_other
from ml_lsp.semantics.types import is_a


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report loaders over a whole dataset that train a model which is wrapped for several processes."""
    inquiry = call.scope.inquiry
    if not inquiry.mentions("DistributedDataParallel") or is_test_code(call.scope):
        return
    if any(inquiry.mentions(word) for word in rule.data["divided"]) or seeds_by_rank(inquiry):
        return
    wrap = next((other for other in call.scope.calls if other.name in DDP), None)
    plain = call.lacks(3, "sampler") and call.lacks(4, "batch_sampler")
    if wrap is None or not plain or exclude_each_other(call.block, wrap.block):
        return
    if _is_whole(call) and is_trained_on(call):
        yield rule.finding(
            call.callee_span, related=[wrap.scope.related(wrap.node, "all ranks train this model")]
        )


def _is_whole(call: Call) -> bool:
    """Whether a loader gets a dataset with numbered items, and the same on each rank."""
    scope, node, value = call.scope, call.argument(0, "dataset"), call.argument_value(0, "dataset")
    if node is None or value is None or speaks_of_ranks(scope, node):
        return False
    dataset = whole_dataset(value)
    if own_dataset(scope, dataset) is not None:
        return True
    return is_a(scope, dataset, library.DATASET) and not is_a(
        scope, dataset, "torch.utils.data.IterableDataset"
    )
