"""See rules/torch/best-state-aliased.yaml."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import add_import
from ml_lsp.semantics.body import Body
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.torch.keeping import (
    Kept,
    is_conditional,
    is_copied_next,
    is_loaded_back,
    is_read_later,
    is_so_far_best,
    is_used_after,
    kept_weights,
    training_around,
)
from ml_lsp.text import Edit

_BEST = re.compile(r"best|snapshot", re.IGNORECASE)


def check(body: Body, rule: Rule) -> Iterator[Finding]:
    """Report the best weights of a training that are kept as a reference to the live ones."""
    inquiry = body.scope.inquiry
    if is_test_code(body.scope) or any(inquiry.mentions(word) for word in rule.data["sharded"]):
        return
    for scope in body.scopes:
        for kept in kept_weights(scope):
            if kept.is_of_a_model and (_is_best(kept) or is_loaded_back(kept)) and not is_copied_next(kept):
                yield _finding(kept, rule)


def _is_best(kept: Kept) -> bool:
    """Whether a name says that the weights are the best, or the way in which they are kept and used."""
    if _BEST.search(kept.name):
        return _is_overwritten(kept) and is_read_later(kept)
    loop = training_around(kept) if kept.source is not kept.model else None
    return loop is not None and is_so_far_best(kept, loop) and is_used_after(kept, loop)


def _is_overwritten(kept: Kept) -> bool:
    """Whether training goes on after the weights were kept."""
    loop = training_around(kept)
    if loop is not None:
        return is_conditional(kept, loop.node)
    # An object that watches the training is called from its loop.
    in_loop = any(isinstance(block.node, ast.For | ast.While) for block in kept.block.chain())
    on_self = isinstance(kept.target, ast.Attribute) and kept.scope.self_name is not None
    weights = kept.source is not kept.model
    return (
        on_self and weights and not in_loop and kept.scope.name != "__init__" and is_conditional(kept, None)
    )


def _finding(kept: Kept, rule: Rule) -> Finding:
    scope = kept.scope
    written, imports = add_import(scope.inquiry, "copy", "deepcopy")
    edit = Edit(scope.span(kept.live), f"{written}({scope.text(kept.source)})")
    message = "" if kept.source is not kept.model else rule.data["messages"]["model"]
    return rule.finding(
        scope.span(kept.live), edits=[*imports, edit], message=message, model=scope.text(kept.model)
    )
