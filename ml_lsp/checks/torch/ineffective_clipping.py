"""See rules/torch/ineffective-clipping.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding, Related
from ml_lsp.moving import move_before
from ml_lsp.semantics.body import Body
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.torch.clipping import IdleClip, idle_clips
from ml_lsp.semantics.torch.generators import UsedUp, used_up
from ml_lsp.text import Edit


def check(body: Body, rule: Rule) -> Iterator[Finding]:
    """Report clips where there is nothing to clip, and parameters that an earlier reader has used up."""
    if is_test_code(body.scope):
        return
    if any(body.scope.inquiry.mentions(clip.rpartition(".")[2]) for clip in rule.data["clips"]):
        for found in idle_clips(body, rule.data["clips"]):
            message = "" if found.step is not None else rule.data["messages"]["cleared"]
            yield rule.finding(found.clip.call.span, edits=_earlier(found), message=message)
    for scope in body.scopes:
        for read in used_up(scope, rule.data["clips"]):
            yield _read_again(read, rule)


def _read_again(read: UsedUp, rule: Rule) -> Finding:
    scope = read.scope
    made = scope.span(read.made)
    edit = Edit(made, f"list({scope.text(read.made)})")
    related = [Related(scope.span(read.first), "it is read here first"), Related(made, "it is made here")]
    return rule.finding(
        scope.span(read.again),
        edits=[edit],
        title="Make it a list",
        safe=True,
        related=related,
        message=rule.data["messages"]["used_up"],
        name=read.again.id,
    )


def _earlier(found: IdleClip) -> Iterator[Edit]:
    """The clip moved to before the step."""
    if found.step is None or found.step.through:
        return
    scope = found.clip.call.scope
    clip, step = scope.statement_of(found.clip.call.node), scope.statement_of(found.step.call.node)
    together = found.step.call.scope is scope and found.clip.block is found.step.block
    if together and clip is not None and step is not None:
        yield from move_before(scope, clip, step)
