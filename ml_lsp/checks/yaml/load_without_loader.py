"""See rules/yaml/load-without-loader.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.renaming import rename
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.config.python_tags import uses_python_tags
from ml_lsp.semantics.scope import Scope


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report a call that names no loader."""
    if not _names_no_loader(call) or call.name is None:
        return
    replacement = rule.data["replacements"][call.name]
    edits = rename(call.scope, call.node.func, replacement.rpartition(".")[2], _is_such_a_call)
    safe = False if edits and uses_python_tags(call.scope.inquiry) else None
    yield rule.finding(call.callee_span, edits=edits, safe=safe, name=call.name, replacement=replacement)


def _names_no_loader(call: Call) -> bool:
    return call.argument(0, "stream") is not None and call.lacks(1, "Loader")


def _is_such_a_call(scope: Scope, node: ast.expr) -> bool:
    call = scope.call_with(node)
    return call is not None and _names_no_loader(call)
