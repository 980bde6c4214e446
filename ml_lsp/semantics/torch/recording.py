"""Evaluations that record an autograd graph which nobody uses."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.semantics.reach import Act
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.torch.arms import in_other_arms
from ml_lsp.semantics.torch.evaluation import (
    Evaluation,
    Signs,
    keeps_nothing,
    loops_around,
    runs_in_evaluating_helper,
    switches_to_eval,
)
from ml_lsp.semantics.torch.graph import escapes
from ml_lsp.semantics.torch.guards import is_unguarded, records

# Words of code that needs the graph, or has switched it off for the parameters.
_GRAPH_WORDS = frozenset({
    "backward", "requires_grad_", "requires_grad", "autograd", "grad", "retain_grad", "create_graph",
    "register_full_backward_hook", "register_backward_hook", "enable_grad", "jacrev", "jacobian", "vjp",
    "pred_grad", "target_grad",
})  # fmt: skip
# Parts of the names of quantities that are derivatives of an energy.
_DERIVED = frozenset({"force", "forces", "stress", "stresses", "virial", "virials", "hessian"})
# Libraries of attacks and attributions, which differentiate the output for the input.
_GRAPH_LIBRARIES = frozenset({
    "captum", "torchattacks", "foolbox", "art", "cleverhans", "advertorch", "pytorch_grad_cam", "functorch",
})  # fmt: skip


# What a model was exported to: who runs both compares them, once.
_EXPORTED = frozenset({"InferenceSession", "onnxruntime", "onnx", "coremltools", "tensorrt", "tflite"})


def recorded_run(evaluation: Evaluation, signs: Signs) -> Act | None:
    """The first call of a model that records a graph in vain; None if somebody may use it."""
    scope = evaluation.scope
    if not _GRAPH_LIBRARIES.isdisjoint(scope.inquiry.module.tables.libraries):
        return None
    switch = switches_to_eval(evaluation)
    for run in evaluation.runs:
        over_batches = evaluation.over_batches(run.block)
        switched = switch is not None and switch.when < run.when and _is_repeated(run)
        named = evaluation.named and not evaluation.is_part_of_model
        if not (named or switched or over_batches) or runs_in_evaluating_helper(run, signs):
            continue
        if not over_batches and scope.is_function and escapes(scope, {run.top.node}):
            continue
        if not _is_repeated(run) and not _EXPORTED.isdisjoint(_words_below(scope)):
            continue
        if not keeps_nothing(run) and is_unguarded(run) and not _is_guarded_in_another_arm(run):
            return None if _uses_graph(evaluation) else run
    return None


def _is_repeated(run: Act) -> bool:
    """Whether a call is made for one thing after the other: a single graph, or one of a retry, is soon gone."""
    return any(isinstance(loop, ast.For | ast.AsyncFor | ast.comprehension) for loop in loops_around(run))


def _is_guarded_in_another_arm(run: Act) -> bool:
    """Whether code chooses between the same call with autograd and without, by `if` or by what the latter raises."""
    called = run.top.scope.text(run.top.node.func)
    return any(
        other.scope.text(other.node.func) == called and not records(other.scope, other.block)
        for other in in_other_arms(run.top)
    )


def _words_below(scope: Scope) -> Iterator[str]:
    """The words of a function, and the parts of those that are made of several: `onnx` of `load_from_onnx`."""
    return (part for word in scope.words for part in (word, *word.split("_")))


def _uses_graph(evaluation: Evaluation) -> bool:
    """Whether the words of an evaluation and its helpers speak of gradients."""
    if any(map(_needs_graph, _own_words(evaluation))):
        return True
    own = set(evaluation.body.scopes)
    helpers = {act.call.scope for act in evaluation.acts} - own
    return any(map(_needs_graph, (word for helper in helpers for word in helper.words)))


def _needs_graph(word: str) -> bool:
    """Whether a word speaks of gradients, or of what a model of atoms computes as one: forces, stress."""
    return word in _GRAPH_WORDS or not _DERIVED.isdisjoint(word.lower().split("_"))


def _own_words(evaluation: Evaluation) -> Iterator[str]:
    if evaluation.loop is None:
        for scope in evaluation.body.scopes:
            if not any(isinstance(node, ast.Import | ast.ImportFrom) for node in scope.flow.blocks):
                yield from scope.words
        return
    for node in ast.walk(evaluation.loop.node):
        yield from (getattr(node, name) for name in ("id", "attr", "arg") if hasattr(node, name))
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
