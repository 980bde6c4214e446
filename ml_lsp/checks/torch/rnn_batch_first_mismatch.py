"""See rules/torch/rnn-batch-first-mismatch.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding, Related
from ml_lsp.fixes import add_argument
from ml_lsp.semantics import library
from ml_lsp.semantics.classes import Class
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.torch.batch_layout import is_said_batch_first, joins_along_second, state_batch_dimension
from ml_lsp.semantics.torch.recurrent import Run, first_steps, last_steps, run_of


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
    messages = rule.data["messages"]
    for found in last_steps(own):
        run = found.run
        if run.is_laid_out_anew:
            continue
        if found.dimension == 1 and run.has_default_layout:
            yield run, found.scope, found.node, ""
        elif found.dimension == 0 and found.rank == 3 and run.is_batch_first:
            yield run, found.scope, found.node, messages["last"]
    for found in first_steps(own):
        if found.dimension == 1 and found.run.has_default_layout and joins_along_second(found.run):
            yield found.run, found.scope, found.node, ""
    yield from _at_calls(own, messages)


def _at_calls(own: Class, messages: Mapping[str, str]) -> Iterator[tuple[Run, Scope, ast.AST, str]]:
    """What the first state, a comment or the docstring says at the calls of the layers."""
    for method in own.methods.values():
        for call in method.calls:
            run = run_of(method, call.value) if call.node.args else None
            dimension = state_batch_dimension(run) if run is not None else None
            if run is None:
                continue
            if run.has_default_layout:
                said = not run.is_laid_out_anew and is_said_batch_first(call, run)
                if dimension == 0 or said:
                    yield run, method, call.node, ""
            elif dimension == 1 and run.is_batch_first:
                yield run, method, call.node, messages["reverse"]
