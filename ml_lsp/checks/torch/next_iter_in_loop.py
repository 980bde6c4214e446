"""See rules/torch/next-iter-in-loop.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.semantics.body import Loop
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.torch.first_batch import first_batches
from ml_lsp.semantics.torch.held_out import side
from ml_lsp.semantics.torch.instances import constructions
from ml_lsp.semantics.torch.loaders import names
from ml_lsp.semantics.torch.training import train_loop
from ml_lsp.semantics.values import Ref, Result, Value


def check(loop: Loop, rule: Rule) -> Iterator[Finding]:
    """Report the iterator over a loader that is made anew for each training step."""
    training = train_loop(loop)
    if training is None or training.runs_once or is_test_code(loop.scope):
        return
    for found in first_batches(loop):
        held_out = side(names(loop.scope, found.written))
        made = constructions(loop.scope, found.loader)
        if not held_out and not training.makes(found.loader) and not any(map(_is_one_batch, made)):
            yield rule.finding(loop.scope.span(found.node), loader=loop.scope.text(found.written))


def _is_one_batch(loader: Result) -> bool:
    """Whether a loader yields the whole dataset as one batch."""
    size: Value | None = loader.argument(1, "batch_size")
    return isinstance(size, Result) and size.callee == Ref("builtins.len")
