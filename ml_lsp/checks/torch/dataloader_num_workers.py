"""See rules/torch/dataloader-num-workers.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import add_argument, replace_node
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.torch.loading import has_transform, is_trained_on, item_work, own_dataset, whole_dataset
from ml_lsp.semantics.values import Ref, Result

# How code that trains on an accelerator names it.
_ACCELERATORS = ("cuda", "cuda:0", "accelerator", "xpu")
_POSITION = 5


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report a loader without workers whose samples cost something, where an accelerator waits for them."""
    node = call.argument(_POSITION, "num_workers")
    none = isinstance(node, ast.Constant) and node.value == 0
    inquiry = call.scope.inquiry
    if not (none or call.lacks(_POSITION, "num_workers")) or inquiry.module.path.suffix == ".ipynb":
        return
    work = _item_work(call, rule)
    accelerated = any(inquiry.mentions(word) for word in _ACCELERATORS)
    if not work or not accelerated or is_test_code(call.scope) or not is_trained_on(call):
        return
    if node is not None:
        keyword = next((one for one in call.node.keywords if one.value is node), node)
        edits = [replace_node(call.scope, node, "4")]
        yield rule.finding(call.scope.span(keyword), edits=edits, work=work)
    else:
        edits = [] if call.has_unpacking else [add_argument(call, "num_workers=4")]
        yield rule.finding(call.callee_span, edits=edits, work=work)


def _item_work(call: Call, rule: Rule) -> str:
    """What fetching an item costs, in words; empty if nothing is known to."""
    given = call.argument_value(0, "dataset")
    dataset = whole_dataset(given) if given is not None else None
    match dataset:
        case Result(Ref(name)):
            short = name.rpartition(".")[2]
            if name in rule.data["file_datasets"]:
                return f"the decoding of `{short}`"
            transformed = name in rule.data["memory_datasets"] and has_transform(dataset)
            return f"the transform of `{short}`" if transformed else ""
    own = own_dataset(call.scope, dataset) if dataset is not None else None
    costly = item_work(own, rule.data["item_work"]) if own is not None else None
    if own is None or costly is None:
        return ""
    return f"`{costly.scope.text(costly.node.func)}` in `{own.name}`"
