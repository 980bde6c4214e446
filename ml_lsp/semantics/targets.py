"""What a call runs: the function of this module behind a name, a method, a module's forward."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from ml_lsp.semantics.values import Attr, Global, Local, Value

if TYPE_CHECKING:
    from ml_lsp.semantics.scope import Scope


def target(scope: Scope, callee: Value) -> Scope | None:
    """The function that calling `callee` from `scope` runs, if it is one function of this module."""
    from ml_lsp.semantics.types import own_class_of

    match callee:
        case Global(name):
            return scope.inquiry.function(name)
        case Local() if callee.site is not None:
            node = callee.site.node
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
                return callee.site.scope.function(node)
            return None
        case Attr(owner, name):
            own = own_class_of(scope, owner)
            method = own.method(name) if own is not None else None
            if method is not None:
                return method  # else it may be an attribute that holds a module
    own = own_class_of(scope, callee)
    if own is None:
        return None
    return own.method("__call__") or (own.method("forward") if own.is_a("torch.nn.Module") else None)
