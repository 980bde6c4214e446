"""See rules/deepspeed/fsdp-optimizer-before-wrap.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.semantics.body import Body
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.torch.fsdp import around, optimizers_of, sharded
from ml_lsp.semantics.torch.training import exclude_each_other
from ml_lsp.semantics.values import identity


def check(body: Body, rule: Rule) -> Iterator[Finding]:
    """Report optimizers that hold the parameters a model had before it was sharded, and are used after."""
    seen: set[ast.AST] = set()
    for wrap in body.calls:
        model = sharded(wrap)
        if model is None:
            continue
        made = [call for whole in around(model) for call in optimizers_of(body, identity(whole))]
        after = [call for call in body.calls if call.when > wrap.when]
        if any(call.when > wrap.when for call in made) or any(c.method == "prepare" for c in after):
            continue
        for call in made:
            if (
                call.node not in seen
                and not exclude_each_other(call.block, wrap.block)
                and _is_used(call, after)
            ):
                seen.add(call.node)
                related = [wrap.scope.related(wrap.node, "sharded here")]
                yield rule.finding(call.span, related=related)


def _is_used(made: Call, after: list[Call]) -> bool:
    """Whether the optimizer steps, or is given to something, after the model was sharded."""
    optimizer = identity(made.value)
    for call in after:
        if call.method == "step" and call.receiver is not None and identity(call.receiver) == optimizer:
            return True
        given = (*call.node.args, *(keyword.value for keyword in call.node.keywords))
        if any(identity(call.scope.value(node)) == optimizer for node in given):
            return True
    return False
