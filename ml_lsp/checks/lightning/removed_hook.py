"""See rules/lightning/removed-hook.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.semantics.classes import Class
from ml_lsp.semantics.libraries.lightning import (
    calls_by_name,
    is_always_defined,
    is_callback,
    is_hooked,
    is_lightning_module,
    is_older_than,
)
from ml_lsp.semantics.scope import Scope
from ml_lsp.signature_edits import change_parameters
from ml_lsp.text import Edit


def check(class_: Class, rule: Rule) -> Iterator[Finding]:
    """Report each method that Lightning 2 refuses or no longer calls."""
    raising, silent = rule.data["raising"], rule.data["silent"]
    removed = [name for name in class_.methods if name in raising or name in silent]
    inquiry = class_.scope.inquiry
    if not removed or not is_hooked(class_) or is_older_than(inquiry, rule.data["removed_in"]):
        return
    for name in removed:
        method = class_.methods[name]
        if name in raising and not is_lightning_module(class_):
            continue
        if is_always_defined(method) and not _is_called(class_, name):
            replacement = raising.get(name) or silent[name]
            fate = "raises NotImplementedError for" if name in raising else "never calls"
            edits = _renamed(class_, method, replacement, rule)
            span = method.name_span(method.node)  # type: ignore[arg-type]
            yield rule.finding(span, edits=edits, fate=fate, hook=name, replacement=replacement)


def _is_called(class_: Class, name: str) -> bool:
    """Whether own code calls the hook, be it the file of a base class, whose method this one overrides."""
    asked = {id(one.scope.inquiry): one.scope.inquiry for one in class_.lineage()}
    return any(calls_by_name(inquiry, name) for inquiry in asked.values())


def _renamed(class_: Class, method: Scope, replacement: str, rule: Rule) -> tuple[Edit, ...]:
    """The method under its successor's name and with its parameters, where it can do without the others."""
    parameters = rule.data["renamed"].get(replacement)
    passes_on = any(call.method == method.name for call in method.calls)
    if parameters is None or passes_on or class_.method(replacement) is not None:
        return ()
    kept = 3 if is_callback(class_) else 1
    changed = change_parameters(method, kept, parameters)
    name = method.name_span(method.node)  # type: ignore[arg-type]
    return () if changed is None else (Edit(name, replacement), *changed)
