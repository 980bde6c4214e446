"""See rules/torch/gradients-wiped-before-step.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.moving import move_before
from ml_lsp.semantics.body import Body
from ml_lsp.semantics.torch.wiping import Wiped, wiped
from ml_lsp.text import Edit


def check(body: Body, rule: Rule) -> Iterator[Finding]:
    """Report the call that clears gradients between the backward and the step."""
    for found in wiped(body):
        call = found.clear.call
        text = call.scope.text(call.node)
        related = (
            [call.scope.related(call.node, "the gradients are cleared here")] if found.clear.through else []
        )
        yield rule.finding(found.clear.top.span, edits=_clear_first(found), related=related, clear=text)


def _clear_first(found: Wiped) -> Iterator[Edit]:
    clear, backward = found.clear, found.backward
    if backward is None or clear.through or clear.call.scope is not backward.top.scope:
        return
    scope = clear.call.scope
    moved, place = scope.statement_of(clear.call.node), scope.statement_of(backward.top.node)
    if moved is not None and place is not None and scope.block_of(moved) is scope.block_of(place):
        yield from move_before(scope, moved, place)
