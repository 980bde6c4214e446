"""See rules/torch/rnn-batch-first-mismatch.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding, Related
from ml_lsp.fixes import add_argument
from ml_lsp.semantics import library
from ml_lsp.semantics.classes import Class
from ml_lsp.semantics.recurrent import Run, last_steps, run_of, state_batch_dimension
from ml_lsp.semantics.scope import Scope


def check(own: Class, rule: Rule) -> Iterator[Finding]:
    """Report recurrent layers that are made for one layout and used with the other."""
    if not own.is_a(library.MODULE):
        return
    reported: set[ast.AST] = set()
    for run, scope, node, message in _contradictions(own, rule):
        making = run.making
        if making is None or making.scope.inquiry is not scope.inquiry or making.node in reported:
            continue
        reported.add(making.node)
        edits = [] if message else [add_argument(making, "batch_first=True")]
        related = [Related(scope.span(node), "here the code takes another dimension for the batch")]
        name = (making.name or "").rpartition(".")[2]
        yield rule.finding(making.span, edits=edits, related=related, message=message, layer=name)


def _contradictions(own: Class, rule: Rule) -> Iterator[tuple[Run, Scope, ast.AST, str]]:
    for found in last_steps(own):
        run = found.run
        if run.has_default_layout and found.dimension == 1 and not run.is_laid_out_anew:
            yield run, found.scope, found.node, ""
    for method in own.methods.values():
        for call in method.calls:
            given = run_of(method, call.value) if len(call.node.args) == 2 else None
            dimension = state_batch_dimension(given) if given is not None else None
            if given is None or dimension is None:
                continue
            if dimension == 0 and given.has_default_layout:
                yield given, method, call.node, ""
            elif dimension == 1 and given.is_batch_first:
                yield given, method, call.node, rule.data["messages"]["reverse"]
