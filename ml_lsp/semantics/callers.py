"""Who calls a function: all calls of it that the project shows, if all can be seen."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.semantics.call import Call
from ml_lsp.semantics.mentioning import scopes_mentioning
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.values import Ref


def find_callers(scope: Scope) -> list[Call] | None:
    """All calls of a function in its module and in the files of the project that import it.

    None if it is passed on as a value or called in unknown ways.
    """
    if not isinstance(scope.node, ast.FunctionDef | ast.AsyncFunctionDef):
        return None
    project = scope.inquiry.project
    if project is not None and project.files is None:
        return None
    found: list[Call] = []
    for call, target, is_attribute in _uses(scope):
        if call is None:
            return None
        if target is not None and target.node is scope.node:
            found.append(call)
        elif target is None and is_attribute == scope.is_method and not _is_of_module(call):
            return None
    return found


def sighted_callers(scope: Scope) -> tuple[list[Call], list[Call]]:
    """The calls that certainly run a function, and those that may, called by its name."""
    certain: list[Call] = []
    possible: list[Call] = []
    if isinstance(scope.node, ast.FunctionDef | ast.AsyncFunctionDef):
        for call, target, is_attribute in _uses(scope):
            if call is None:
                continue
            if target is not None and target.node is scope.node:
                certain.append(call)
            elif target is None and is_attribute == scope.is_method and not _is_of_module(call):
                possible.append(call)
    return certain, possible


def _is_of_module(call: Call) -> bool:
    """Whether a call written `module.name(...)` runs what an imported module holds: no method of an object."""
    return isinstance(call.node.func, ast.Attribute) and isinstance(call.callee, Ref)


def _uses(scope: Scope) -> Iterator[tuple[Call | None, Scope | None, bool]]:
    """Where the name of a function is read: the call, what it runs, whether it reads an attribute."""
    for inquiry in (scope.inquiry, *scope.inquiry.importers()):
        for here in scopes_mentioning(inquiry, scope.name):
            yield from _uses_in(here, scope.name)


def _uses_in(scope: Scope, name: str) -> Iterator[tuple[Call | None, Scope | None, bool]]:
    found = mentions(scope, name)
    calls = {id(call.node.func): call for call in scope.calls} if found else {}
    for node in found:
        call = calls.get(id(node))
        yield call, call.target if call is not None else None, isinstance(node, ast.Attribute)


def mentions(scope: Scope, name: str) -> list[ast.expr]:
    """The expressions of a scope that read a variable or attribute of that name."""
    found: list[ast.expr] = [load.node for load in scope.flow.loads_of.get(name, ())]
    return [*dict.fromkeys(found), *scope.flow.attribute_reads.get(name, ())]
