"""See rules/torch/inplace-breaks-backward.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.augmented import written_out
from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import remove_argument
from ml_lsp.semantics.body import Body
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.flow import Block
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.torch.autograd import may_run_without_grad
from ml_lsp.semantics.torch.forwards import depends_on_training
from ml_lsp.semantics.torch.objects import is_sampling
from ml_lsp.semantics.torch.saved import overwritten_input, saving_input, saving_output
from ml_lsp.semantics.torch.writes import Write, held_value, writes
from ml_lsp.semantics.values import identity
from ml_lsp.text import Edit


def check(body: Body, rule: Rule) -> Iterator[Finding]:
    """Report writes into tensors that backward needs, and in-place activations of what is read again."""
    if is_sampling(body.scope):
        return
    for scope in body.scopes:
        seen = set()
        for write in writes(scope):
            op = saving_output(write, rule.data["save_output"]) or saving_input(
                write, rule.data["save_input"]
            )
            key = identity(held_value(write)) if op else None
            if op and key not in seen and not _may_spare_graph(scope, write.block):
                seen.add(key)
                yield _of_write(write, op, rule)
        for call in scope.calls:
            flag = overwritten_input(call, rule.data["inplace_activations"])
            if flag is not None and not _may_spare_graph(scope, call.block):
                yield _of_activation(call, flag, rule)


def _may_spare_graph(scope: Scope, block: Block) -> bool:
    """Whether autograd may be off, or the branch may be that of inference."""
    return may_run_without_grad(scope, block) or depends_on_training(scope, block)


def _of_write(write: Write, op: str, rule: Rule) -> Finding:
    text, edits = "", tuple[Edit, ...]()
    if write.rebinds is not None:
        text, edits = written_out(write.scope, write.rebinds)
    span = write.scope.span(write.statement)
    return rule.finding(span, edits=edits, op=op, name=write.scope.text(write.root), replacement=text)


def _of_activation(call: Call, flag: tuple[Call, ast.expr], rule: Rule) -> Finding:
    made, argument = flag
    return rule.finding(
        call.span,
        edits=[remove_argument(made, argument)],
        title="Drop `inplace=True`",
        safe=False,
        op=call.scope.text(call.node.func),
        name=call.scope.text(call.node.args[0]),
    )
