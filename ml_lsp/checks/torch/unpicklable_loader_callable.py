"""See rules/torch/unpicklable-loader-callable.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.torch.transforms import steps_of
from ml_lsp.semantics.values import Local, Ref, Result, Value

_POSITIONS = {"collate_fn": 6, "worker_init_fn": 10}
_WORKERS, _CONTEXT = 5, 11
_APPLIES = (Ref("torchvision.transforms.Lambda"), Ref("torchvision.transforms.v2.Lambda"))


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report the lambda or local function that a loader has to send to its workers."""
    inquiry = call.scope.inquiry
    workers = call.constant(_WORKERS, "num_workers")
    if not isinstance(workers, int) or workers < 1 or inquiry.module.path.suffix == ".ipynb":
        return
    forks = any(inquiry.mentions(word) for word in rule.data["start_methods"])
    if forks or not call.lacks(_CONTEXT, "multiprocessing_context") or is_test_code(call.scope):
        return
    for name, position in _POSITIONS.items():
        node = call.argument(position, name)
        if node is not None and _is_local_function(call.scope.value(node)):
            yield rule.finding(call.scope.span(node), argument=f"`{name}`")
            return
    dataset = call.argument_value(0, "dataset")
    for inner in _lambdas_in(dataset) if dataset is not None else ():
        if inner.site is not None and inner.site.scope is call.scope:
            yield rule.finding(call.scope.span(inner.site.node), argument="This function of the transform")
            return


def _is_local_function(value: Value) -> bool:
    if not isinstance(value, Local) or value.site is None:
        return False
    return isinstance(value.site.node, ast.Lambda | ast.FunctionDef | ast.AsyncFunctionDef)


def _lambdas_in(dataset: Value) -> Iterator[Value]:
    """The local functions that the transforms of a dataset apply."""
    if not isinstance(dataset, Result):
        return
    for key, given in dataset.keywords:
        if key is not None and key.endswith("transform"):
            for part in (given, *(step.value for step in steps_of(given))):
                if isinstance(part, Result) and part.callee in _APPLIES:
                    yield from (arg for arg in part.args if _is_local_function(arg))
