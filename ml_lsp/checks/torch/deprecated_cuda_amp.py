"""See rules/torch/deprecated-cuda-amp.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.moved import Successor, Successors, moved, moved_import
from ml_lsp.renaming import ImportedName
from ml_lsp.semantics.body import Body
from ml_lsp.semantics.names import public
from ml_lsp.semantics.outside_names import (
    is_told_apart,
    is_type_question,
    names_in_decorators,
    used_names_with,
)
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.version_guards import is_version_guarded
from ml_lsp.semantics.versions import may_be_before


def check(body: Body, rule: Rule) -> Iterator[Finding]:
    """Report imports and uses of the autocast and GradScaler of one device's own module."""
    inquiry = body.scope.inquiry
    if not inquiry.mentions("amp") or may_be_before(inquiry.versions, "torch", rule.data["since"]):
        return
    successors = _successors(rule)
    words = frozenset(name.rpartition(".")[2] for name in successors)
    for scope in body.scopes:
        yield from _imports(scope, successors, rule)
        for mention in (*used_names_with(scope, words), *names_in_decorators(scope)):
            if mention.name not in successors or is_version_guarded(mention.scope, mention.node):
                continue
            here, node = mention.scope, mention.node
            if not is_told_apart(here, node) and not is_type_question(here, node):
                edits = dict.fromkeys(moved(mention, successors))
                new = successors[mention.name].name
                yield rule.finding(mention.span, edits=edits, name=mention.name, replacement=new)


def _successors(rule: Rule) -> Successors:
    found = {}
    for old, (new, device, passed) in rule.data["renamed"].items():
        argument = f'"{device}"' if passed == "positional" else f'{passed}="{device}"'
        parameters = rule.data["autocast_parameters"] if old.endswith(".autocast") else ()
        found[old] = Successor(new, argument, parameters)
    return found


def _imports(scope: Scope, successors: Successors, rule: Rule) -> Iterator[Finding]:
    """Reports of `from torch.cuda.amp import ...`, once a statement, if one of the names is used."""
    for statement in scope.flow.blocks:
        if not isinstance(statement, ast.ImportFrom) or is_version_guarded(scope, statement):
            continue
        old = [a for a in statement.names if public(f"{statement.module}.{a.name}") in successors]
        imported = [ImportedName(scope, statement, alias) for alias in old]
        if any(True for one in imported for _ in one.uses()):
            new = successors[public(f"{statement.module}.{old[0].name}")].module
            edits = dict.fromkeys(moved_import(imported[0], successors))
            yield rule.finding(
                scope.span(statement), edits=edits, name=str(statement.module), replacement=new
            )
