"""See rules/torch/worker-identical-rng.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.classes import Class
from ml_lsp.semantics.targets import target
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.torch.datasets import acts_in_workers, has_workers, is_map_style, loaders_over
from ml_lsp.semantics.torch.held_out import is_held_out
from ml_lsp.semantics.torch.worker_seeds import kept_generators, seeds_all_alike
from ml_lsp.semantics.values import Const
from ml_lsp.semantics.versions import certainly_before

_INIT = 10
# From here on each worker seeds NumPy's global generator by itself.
_SEEDS_NUMPY = "1.9"


def check(subject: Class | Call, rule: Rule) -> Iterator[Finding]:
    """Report generators that all workers have a copy of, and seeds that are the same in all workers."""
    if is_test_code(subject.scope):
        return
    if isinstance(subject, Call):
        yield from _seeded_alike(subject, rule)
    elif is_map_style(subject):
        yield from _copied(subject, rule)


def _copied(own: Class, rule: Rule) -> Iterator[Finding]:
    """The generators that a dataset takes along into the workers of a loader."""
    found = [(call, f"`{call.scope.text(call.node)}`") for call in kept_generators(own, rule.data["makers"])]
    if not found and certainly_before(own.scope.inquiry.versions, "torch", _SEEDS_NUMPY):
        drawn = (
            act.call for act in acts_in_workers(own) if (act.call.name or "").startswith("numpy.random.")
        )
        found = [
            (call, "NumPy's global generator") for call in drawn if call.scope.inquiry is own.scope.inquiry
        ]
    if found and any(map(_copies, loaders_over(own))):
        call, generator = found[0]
        yield rule.finding(call.span, generator=generator)


def _copies(loader: Call) -> bool:
    """Whether a loader, not one of held-out data, has workers and no function of its own to start them."""
    given = loader.argument_value(_INIT, "worker_init_fn")
    alone = given == Const(None) or loader.lacks(_INIT, "worker_init_fn")
    return alone and has_workers(loader) and not is_held_out(loader)


def _seeded_alike(loader: Call, rule: Rule) -> Iterator[Finding]:
    """The seeding in a loader's init function that ignores which worker it runs in."""
    given = loader.argument_value(_INIT, "worker_init_fn")
    function = target(loader.scope, given) if given is not None else None
    act = seeds_all_alike(function, rule.data["seeders"]) if function is not None else None
    if act is None or not has_workers(loader) or is_held_out(loader):
        return
    here = loader.scope.inquiry
    place = next((call for call in (act.call, *reversed(act.through)) if call.scope.inquiry is here), None)
    span = place.span if place is not None else loader.argument_span(_INIT, "worker_init_fn")
    if span is not None:
        yield rule.finding(span, message=rule.data["alike"])
