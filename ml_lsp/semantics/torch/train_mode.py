"""Evaluations that run a model in train mode although that changes what it computes."""

from __future__ import annotations

from collections.abc import Collection

from ml_lsp.semantics.reach import Act
from ml_lsp.semantics.torch.evaluation import Evaluation, Signs, keeps_nothing, runs_in_evaluating_helper
from ml_lsp.semantics.torch.mode_layers import ModeLayers, depends_on_mode
from ml_lsp.semantics.torch.modes import freshly_made
from ml_lsp.semantics.torch.objects import grad_is_off
from ml_lsp.semantics.values import Value


def run_in_train_mode(
    evaluation: Evaluation, signs: Signs, layers: ModeLayers, deliberate: Collection[str]
) -> Act | None:
    """The first call of a model that is certainly in train mode and depends on it; None if there is none.

    `deliberate`: parts of names of functions and models for which train mode, or one set elsewhere, is meant.
    """
    if _is_meant(evaluation.scope.name, deliberate):
        return None
    for run, model in evaluation.runs.items():
        evaluating = evaluation.named or evaluation.over_batches(run.block) or _is_guarded(run)
        dropped = keeps_nothing(run) or runs_in_evaluating_helper(run, signs)
        if not evaluating or dropped or _is_meant(_written(run), deliberate):
            continue
        if evaluation.is_part_of_model and not evaluation.over_batches(run.block):
            continue
        if _is_fresh(run, model, layers):
            return run
    return None


def _is_fresh(run: Act, model: Value, layers: ModeLayers) -> bool:
    found = freshly_made(run.top.scope, model, run)
    return bool(found) and all(depends_on_mode(one.scope, one.value, layers) for one in found)


def _is_guarded(run: Act) -> bool:
    return any(grad_is_off(call.scope, call.block) for call in (*run.through, run.call))


def _written(run: Act) -> str:
    return run.call.scope.text(run.call.node.func)


def _is_meant(name: str, deliberate: Collection[str]) -> bool:
    return any(part in name.lower() for part in deliberate)
