"""See rules/torch/cuda-in-dataset.yaml."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.classes import Class
from ml_lsp.semantics.library import DATASET
from ml_lsp.semantics.reach import Act, acts
from ml_lsp.semantics.targets import target
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.torch.cuda import uses_cuda
from ml_lsp.semantics.torch.datasets import acts_in_workers, loaders_over, worker_count

_POSITIONS = {"collate_fn": 6, "worker_init_fn": 10}
_CONTEXT = 11


def check(subject: Class | Call, rule: Rule) -> Iterator[Finding]:
    """Report the first use of CUDA in what the workers of a loader run."""
    if is_test_code(subject.scope):
        return
    if isinstance(subject, Call):
        yield from _in_functions(subject, rule)
    elif subject.is_a(DATASET):
        found = _first_on_cuda(acts_in_workers(subject))
        if found is not None and any(map(_has_forked_workers, loaders_over(subject))):
            yield from _at(found, subject, rule)


def _in_functions(loader: Call, rule: Rule) -> Iterator[Finding]:
    """What the functions do that a loader is given to run in its workers."""
    for name, position in _POSITIONS.items():
        value = loader.argument_value(position, name)
        function = target(loader.scope, value) if value is not None else None
        found = _first_on_cuda(acts(function.calls)) if function is not None else None
        if found is not None and _has_forked_workers(loader):
            yield from _at(found, loader, rule)


def _first_on_cuda(found: Iterable[Act]) -> Act | None:
    return next((act for act in found if uses_cuda(act)), None)


def _has_forked_workers(loader: Call) -> bool:
    """Whether a loader has workers that start as copies of the process."""
    workers = worker_count(loader)
    context = loader.lacks(_CONTEXT, "multiprocessing_context")
    return bool(workers) and context and not loader.scope.inquiry.mentions("set_start_method")


def _at(act: Act, subject: Class | Call, rule: Rule) -> Iterator[Finding]:
    """The finding at the operation; at the call that leads there, if it stands in another file."""
    here = subject.scope.inquiry
    place = next((call for call in (act.call, *reversed(act.through)) if call.scope.inquiry is here), None)
    if place is not None:
        yield rule.finding(place.span)
