"""See rules/torch/hidden-state-not-detached.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import insert_before
from ml_lsp.semantics.body import Loop
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.torch.carried_state import CarriedState, carried_states
from ml_lsp.text import Edit


def check(loop: Loop, rule: Rule) -> Iterator[Finding]:
    """Report the recurrent call that gets a state with the graph of all batches before."""
    if is_test_code(loop.scope):
        return
    for found in carried_states(loop):
        line = _detaching(found)
        yield rule.finding(found.call.span, edits=_detach(found, line), state=found.names[0], line=line)


def _detaching(found: CarriedState) -> str:
    if len(found.names) > 1:
        return f"{', '.join(found.names)} = {', '.join(f'{name}.detach()' for name in found.names)}"
    name = found.names[0]
    if found.is_pair:
        return f"{name} = tuple(s.detach() for s in {name})"
    return f"{name} = {name}.detach()"


def _detach(found: CarriedState, line: str) -> Iterator[Edit]:
    statement = found.call.scope.statement_of(found.call.node)
    if statement is not None and found.kind and not found.starts_empty:
        yield insert_before(found.call.scope, statement, line)
