"""Where gradients are cleared, seen from a training loop: in it, around it, in helpers, in its class."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.semantics.reach import Act, acts
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.torch.objects import enclosing_class
from ml_lsp.semantics.torch.parameters import clears_for
from ml_lsp.semantics.torch.training import (
    TrainLoop,
    cleared,
    is_hidden_method,
    is_unknown,
    passes,
    reached,
    stores_gradients,
)
from ml_lsp.semantics.values import Value

# Calls that are given an optimizer and are known to leave its gradients.
_HARMLESS = frozenset({"step", "update", "unscale_", "print"})
# An optimizer that steps, or a hook that clears, inside backward().
_BACKWARD_HOOKS = ("register_post_accumulate_grad_hook", "_apply_optimizer_in_backward")


def clears_somewhere(training: TrainLoop, optimizer: Value) -> bool:
    """Whether anything that can be seen, or that cannot, may clear the gradients which an optimizer uses."""
    scope = training.loop.scope
    if any(word in words for words in _words(scope) for word in _BACKWARD_HOOKS):
        return True
    if any(_may_clear(act, optimizer) for act in training.acts):
        return True
    around = tuple(act for here in _around(scope) for act in acts(here.calls))
    if any(clears_for(scope, found, optimizer) for act in around if (found := cleared(act)) is not None):
        return True
    scopes = (*_around(scope), *reached((*training.acts, *around)))
    return any(stores_gradients(here) for here in scopes)


def _may_clear(act: Act, optimizer: Value) -> bool:
    if is_hidden_method(act) or act.call.name == "torch.autograd.grad":
        return True
    return is_unknown(act) and act.call.method not in _HARMLESS and passes(act, optimizer)


def _around(scope: Scope) -> Iterator[Scope]:
    """The bodies of the same training: the function, those around it, the methods of its class."""
    yield from scope.together()
    owner = enclosing_class(scope)
    if owner is not None:
        for class_ in owner.lineage():
            yield from class_.methods.values()
    here = scope.parent
    while here is not None:
        yield here
        here = here.parent


def _words(scope: Scope) -> Iterator[frozenset[str]]:
    for here in _around(scope):
        yield here.words
