"""See rules/yaml/unsafe-loader.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding, Severity
from ml_lsp.fixes import remove_argument, replace_node
from ml_lsp.renaming import rename
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.classes import class_of_name
from ml_lsp.semantics.config.python_tags import uses_python_tags
from ml_lsp.semantics.config.yaml_objects import holds_an_object
from ml_lsp.semantics.expected_errors import expects_an_error
from ml_lsp.semantics.origin import Origin, origin
from ml_lsp.semantics.scope import Scope
from ml_lsp.semantics.values import Ref, Value, options
from ml_lsp.syntax.trees import below_attributes
from ml_lsp.text import Edit


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report an unsafe loader, and the full one where others wrote the text."""
    if expects_an_error(call):
        return
    for finding in _findings(call, rule):
        # Files that need the loader would no longer load.
        is_needed = finding.fix is not None and uses_python_tags(call.scope.inquiry)
        yield replace(finding, fix=None) if is_needed else finding


def _findings(call: Call, rule: Rule) -> Iterator[Finding]:
    stream = call.argument_value(0, "stream")
    untrusted = origin(stream, rule.data["untrusted"]) if stream is not None else None
    loader = call.argument(1, "Loader")
    if call.name is None:
        return  # a function that is imported here or there
    if untrusted is None and holds_an_object(call):
        return  # as with pickle: no safe loader can read it
    if "unsafe" in call.name or "full" in call.name:
        if "unsafe" in call.name or untrusted is not None:
            yield _of_function(call, rule, untrusted)
    elif loader is not None:
        kinds = [_kind(call.scope, option, rule) for option in options(call.scope.value(loader))]
        if set(kinds) == {"unsafe"} or (set(kinds) <= {"unsafe", "full"} and untrusted is not None):
            yield _of_loader(call, loader, "unsafe" in kinds, rule, untrusted)


def _kind(scope: Scope, loader: Value, rule: Rule) -> str:
    own = class_of_name(scope, loader)
    names = own.ancestors if own is not None else (loader.name,) if isinstance(loader, Ref) else ()
    if any(name in rule.data["unsafe_loaders"] for name in names):
        return "unsafe"
    return "full" if any(name in rule.data["full_loaders"] for name in names) else "other"


def _of_function(call: Call, rule: Rule, source: Origin | None) -> Finding:
    assert call.name is not None
    safe = rule.data["safe_functions"][call.name]
    edits = rename(call.scope, call.node.func, safe.rpartition(".")[2], _is_called)
    return rule.finding(
        call.callee_span,
        edits=edits,
        severity=None if "unsafe" in call.name else Severity.WARNING,
        message=_message(rule, source),
        loader=call.name,
        replacement=safe,
    )


def _of_loader(call: Call, node: ast.expr, unsafe: bool, rule: Rule, source: Origin | None) -> Finding:
    value = call.scope.value(node)
    replacement, edits = _remedy(call, node, value, rule)
    return rule.finding(
        call.scope.span(node),
        edits=edits,
        severity=None if unsafe else Severity.WARNING,
        message=_message(rule, source),
        loader=value.name if isinstance(value, Ref) else call.scope.text(node),
        replacement=replacement,
    )


def _remedy(call: Call, node: ast.expr, loader: Value, rule: Rule) -> tuple[str, tuple[Edit, ...]]:
    """What to use instead, and the edits where the loader is written out at the call."""
    if not isinstance(loader, Ref):
        return "yaml.SafeLoader", ()
    scope, twin = call.scope, rule.data["unsafe_loaders"].get(loader.name, "yaml.SafeLoader")
    if not isinstance(node, ast.Attribute):
        return twin, rename(scope, node, twin.rpartition(".")[2], _is_loader)
    if twin == "yaml.SafeLoader" and isinstance(call.node.func, ast.Attribute):
        safe = rule.data["safe_functions"][call.name]
        renamed = rename(scope, call.node.func, safe.rpartition(".")[2], _is_called)
        return safe, (*renamed, remove_argument(call, node))
    module = scope.text(below_attributes(node))
    return twin, (replace_node(scope, node, f"{module}.{twin.rpartition('.')[2]}"),)


def _message(rule: Rule, source: Origin | None) -> str:
    return f"{rule.message} Here the text comes from `{source.name}`." if source is not None else rule.message


def _is_called(scope: Scope, node: ast.expr) -> bool:
    return scope.call_with(node) is not None


def _is_loader(scope: Scope, node: ast.expr) -> bool:
    return any(
        call.name in ("yaml.load", "yaml.load_all") and call.argument(1, "Loader") is node
        for call in scope.calls
    )
