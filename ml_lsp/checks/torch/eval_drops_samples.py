"""See rules/torch/eval-drops-samples.yaml."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import replace_node
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.handlers import arguments
from ml_lsp.semantics.mentioning import calls_mentioning
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.torch.held_out import is_held_out, purposes, side
from ml_lsp.semantics.torch.loaders import says_evaluation
from ml_lsp.semantics.torch.objects import written_name
from ml_lsp.semantics.values import Attr, Const, Ref, options, walk

_BATCH_SIZE, _SHUFFLE, _SAMPLER, _BATCH_SAMPLER, _DROP_LAST = 1, 2, 3, 4, 8


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report the loader of held-out data that leaves out the last, smaller batch."""
    if call.constant(_DROP_LAST, "drop_last") is not True or is_test_code(call.scope):
        return
    size = call.argument_value(_BATCH_SIZE, "batch_size")
    one_by_one = Const(1) if size is None else size
    if Const(1) in options(one_by_one) or not call.lacks(_BATCH_SAMPLER, "batch_sampler"):
        return
    if _has_own_size(call) or not call.lacks(_SAMPLER, "sampler") or _is_endless(call, rule):
        return  # the sampler decides which samples there are: drawn at random, padded to whole batches
    if not is_held_out(call) or _is_trained_on(call, rule):
        return
    if any(call.scope.inquiry.mentions(word) for word in rule.data["fixed_shapes"]) or _needs_size(
        call, rule
    ):
        return
    node = call.argument(_DROP_LAST, "drop_last")
    literal = isinstance(node, ast.Constant)
    edits = [replace_node(call.scope, node, "False")] if node is not None and literal else []
    yield rule.finding(call.argument_span(_DROP_LAST, "drop_last") or call.callee_span, edits=edits)


def _has_own_size(call: Call) -> bool:
    """Whether the batch size is one for held-out data only that is not known: often 1, which drops nothing."""
    node = call.argument(_BATCH_SIZE, "batch_size")
    if node is None or isinstance(call.scope.value(node), Const):
        return False
    return side(call.scope.text(node).split(".")) is True


def _needs_size(call: Call, rule: Rule) -> bool:
    """Whether tensors or layers are made for just this batch size, so that a smaller batch fits none of them."""
    node = call.argument(_BATCH_SIZE, "batch_size")
    name = written_name(node) if isinstance(node, ast.Name | ast.Attribute) else ""
    makes = re.compile(rule.data["of_one_size"])
    return bool(name) and any(
        makes.fullmatch(written_name(other.node.func)) or _is_in_a_stack(other)
        for other in calls_mentioning(call.scope.inquiry, name)
        if any(written_name(given) == name and not _is_measured(other, given) for given in arguments(other))
    )


def _is_measured(call: Call, node: ast.expr) -> bool:
    """Whether a size is that of the batch at hand, `n = x.shape[0]`, which the last batch may have as well."""
    return any(
        (isinstance(part, Attr) and part.name in ("shape", "size")) or part == Ref("builtins.len")
        for part in walk(call.scope.value(node))
    )


def _is_in_a_stack(call: Call) -> bool:
    """Whether a call makes one of the layers that are given to `nn.Sequential`."""
    around = call.scope.tree.parent(call.node)
    return isinstance(around, ast.Call) and call.scope.value(around.func) == Ref("torch.nn.Sequential")


def _is_endless(call: Call, rule: Rule) -> bool:
    """Whether batches are drawn at random from a loader without an end: none is the last."""
    shuffled = call.constant(_SHUFFLE, "shuffle") is True
    return shuffled and any(call.scope.inquiry.mentions(word) for word in rule.data["endless"])


def _is_trained_on(call: Call, rule: Rule) -> bool:
    """Whether training uses the data all the same: the target domain of an adaptation, unlabelled data."""
    goes_by = tuple(purposes(call.scope, call.node))
    adapted = any(says_evaluation(name, rule.data["adaptation_words"]) for name in goes_by)
    return adapted and side(goes_by) is None
