"""See rules/torch/inplace-on-leaf.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.augmented import written_out
from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.semantics.body import Body
from ml_lsp.semantics.torch.autograd import is_leaf_with_grad, is_parameter, may_run_without_grad
from ml_lsp.semantics.torch.writes import Write, writes
from ml_lsp.text import Edit


def check(body: Body, rule: Rule) -> Iterator[Finding]:
    """Report writes into leaves that require grad, with grad mode on."""
    for scope in body.scopes:
        for write in writes(scope):
            if is_leaf_with_grad(write) and not may_run_without_grad(scope, write.block):
                yield _finding(write, rule)


def _finding(write: Write, rule: Rule) -> Finding:
    scope, statement = write.scope, write.rebinds
    text, edits = "", tuple[Edit, ...]()
    if statement is not None and not _is_an_update(write, statement):
        text, edits = written_out(scope, statement)
    return rule.finding(
        scope.span(write.statement), edits=edits, name=scope.text(write.root), replacement=text
    )


def _is_an_update(write: Write, statement: ast.AugAssign) -> bool:
    """Whether a parameter, or a leaf by its gradient, is moved: that must go on being the same leaf."""
    reads_grad = any(isinstance(n, ast.Attribute) and n.attr == "grad" for n in ast.walk(statement.value))
    return reads_grad or is_parameter(write.scope, write.value)
