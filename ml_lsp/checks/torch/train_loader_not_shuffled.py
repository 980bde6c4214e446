"""See rules/torch/train-loader-not-shuffled.yaml."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import add_argument
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.torch.datasets import acts_in_workers, given_datasets, is_map_style, loaded_class
from ml_lsp.semantics.torch.held_out import is_held_out, purposes
from ml_lsp.semantics.torch.loaders import says_evaluation
from ml_lsp.semantics.torch.loading import is_trained_on, whole_dataset
from ml_lsp.semantics.values import Const, Ref, Result, Value

_SHUFFLE, _SAMPLER, _BATCH_SAMPLER = 2, 3, 4
_NOISE = frozenset({"torch.rand", "torch.randn", "torch.randint"})


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report the loader of a training loop that goes over a dataset in the dataset's own order."""
    if not (
        call.lacks(_SHUFFLE, "shuffle")
        and call.lacks(_SAMPLER, "sampler")
        and call.lacks(_BATCH_SAMPLER, "batch_sampler")
    ):
        return
    if is_test_code(call.scope) or _has_an_order(call, rule) or not is_trained_on(call):
        return
    known = [value for _, value in given_datasets(call)]
    listed = bool(known) and all(_is_listed(value, rule.data["datasets"]) for value in known)
    in_parts = any(whole_dataset(value) is not value for value in known)  # drawn at random
    drawn = any(_is_noise(value) for value in known)
    if in_parts or drawn or not (listed or _is_own_dataset(call, rule)):
        return
    edits = [] if call.has_unpacking else [add_argument(call, "shuffle=True")]
    yield rule.finding(call.callee_span, edits=edits)


def _has_an_order(call: Call, rule: Rule) -> bool:
    """Whether the order is wanted, is random already, or does not matter: held-out, sequential, debug data."""
    inquiry, data = call.scope.inquiry, rule.data
    if any(inquiry.mentions(word) for word in (*data["sequential_words"], *data["shuffling_words"])):
        return True
    small = any(says_evaluation(name, data["small_data_words"]) for name in purposes(call.scope, call.node))
    whole = call.argument_value(1, "batch_size")
    match whole:
        case Result(Ref("builtins.len")):
            return True
    return small or is_held_out(call) is True


def _is_noise(dataset: Value) -> bool:
    """Whether the samples are random numbers, made to show something: one order is as good as the other."""
    items = dataset.args if isinstance(dataset, Result) else ()
    made = [item.callee for item in items if isinstance(item, Result)]
    return any(isinstance(callee, Ref) and callee.name in _NOISE for callee in made)


def _is_listed(dataset: Value, listed: Collection[str]) -> bool:
    """Whether it is a dataset of a library that holds its samples in a fixed order, for training."""
    match dataset:
        case Result(Ref(name)) if name in listed:
            return dataset.keyword("train") in (None, Const(True)) and dataset.keyword("split") in (
                None,
                Const("train"),
            )
    return False


def _is_own_dataset(call: Call, rule: Rule) -> bool:
    own = loaded_class(call)
    if own is None or not is_map_style(own):
        return False
    inquiry = own.scope.inquiry
    if any(inquiry.mentions(word) for word in rule.data["shuffling_words"]):
        return False
    draws = (act.call.name or "" for act in acts_in_workers(own))
    return not any(name.startswith(tuple(rule.data["random_modules"])) for name in draws)
