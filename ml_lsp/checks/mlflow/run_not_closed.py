"""See rules/mlflow/run-not-closed.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import open_block
from ml_lsp.semantics.body import Loop, body_of, loop_around
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.libraries.mlflow import (
    START,
    endings,
    is_handed_on,
    is_nested,
    open_run,
    run_block,
    stays_open,
)
from ml_lsp.text import Edit


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report a `start_run` that meets an open run: of the iteration before, or of the code above."""
    if is_nested(call):
        return
    earlier = open_run(call, body_of(call.scope), rule.data["opens_a_run"])
    if earlier is not None:
        kind = "already_open" if earlier.name == START else "opened_by_logging"
        related = [earlier.scope.related(earlier.node, "this opens a run")]
        name = earlier.scope.text(earlier.node.func)
        yield rule.finding(call.span, message=rule.data["messages"][kind], related=related, call=name)
        return
    loop = loop_around(call)
    if loop is None or run_block(call) is not None or is_handed_on(call):
        return
    if stays_open(call, loop):
        yield rule.finding(call.span, edits=_closed_by_with(call, loop))


def _closed_by_with(call: Call, loop: Loop) -> tuple[Edit, ...]:
    return () if endings(loop.calls) else open_block(call)
