"""See rules/torch/bilstm-last-timestep.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.semantics import library
from ml_lsp.semantics.classes import Class
from ml_lsp.semantics.torch.recurrent import last_steps
from ml_lsp.semantics.values import Const


def check(own: Class, rule: Rule) -> Iterator[Finding]:
    """Report the last time step of a bidirectional layer's output that is read whole."""
    if not own.is_a(library.MODULE):
        return
    for found in last_steps(own):
        making, batch_first = found.run.making, found.run.is_batch_first
        if making is None or batch_first is None or not found.run.is_recurrent:
            continue
        both_ways = making.argument_value(6, "bidirectional") == Const(True)
        if both_ways and found.dimension == (1 if batch_first else 0):
            yield rule.finding(found.scope.span(found.node))
