"""See rules/repro/partial-seed.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import add_import, insert_after
from ml_lsp.semantics.body import ModuleView
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.libraries.seeding import Generators, Seeding, concerned, drawn, seeded, seedings
from ml_lsp.semantics.testcode import is_test_path
from ml_lsp.text import Edit


def check(view: ModuleView, rule: Rule) -> Iterator[Finding]:
    """Report the function, or the block of calls, that seeds some generators and leaves one that is used."""
    if is_test_path(view.inquiry.module.path):
        return  # a test seeds what it compares; its neighbours' generators are no concern of it
    known = Generators.of(rule.data)
    for seeding in seedings(view, known):
        modules = concerned(view.inquiry, seeding)
        covered = seeded(modules, known)
        if covered is None:
            continue
        uses = drawn(modules, known)
        missing = [name for name in rule.data["calls"] if name in uses and name not in covered]
        if missing:
            yield _finding(seeding, missing, uses, rule)
            return


def _finding(seeding: Seeding, missing: list[str], uses: dict[str, Call], rule: Rule) -> Finding:
    lines, edits = _seeded_too(seeding, missing, rule)
    span, function = seeding.calls[-1].span, seeding.function
    if function is not None and isinstance(function.node, ast.FunctionDef | ast.AsyncFunctionDef):
        span = function.name_span(function.node)
    else:
        edits = []
    related = [uses[name].scope.related(uses[name].node, f"draws from {name}") for name in missing]
    names, calls = " and ".join(missing), " and ".join(lines)
    return rule.finding(span, edits=edits, related=related, missing=names, call=calls)


def _seeded_too(seeding: Seeding, missing: list[str], rule: Rule) -> tuple[list[str], list[Edit]]:
    """How the missing seeds are written, and the edits that put them behind the last one."""
    scope, node = seeding.calls[-1].scope, seeding.calls[-1].node
    statement = scope.statement_of(node)
    given = node.args[0] if len(node.args) == 1 and not node.keywords else None
    lines: list[str] = []
    edits: list[Edit] = []
    for generator in missing:
        module, function = rule.data["calls"][generator]
        written, imports = add_import(scope.inquiry, module)
        lines.append(f"{written}.{function}({scope.text(given) if given is not None else 'seed'})")
        edits += imports
    if given is None or not isinstance(statement, ast.Expr):
        return lines, []
    return lines, [*edits, *(insert_after(scope, statement, line) for line in lines)]
