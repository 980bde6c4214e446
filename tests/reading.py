"""Python text as the semantics see it, for tests of facts."""

from __future__ import annotations

import ast
from pathlib import Path
from textwrap import dedent

from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.semantics.module import module_of
from ml_lsp.semantics.scope import Scope
from ml_lsp.syntax.segments import split


def inquiry(code: str) -> Inquiry:
    """An inquiry about a module with that text."""
    module, _ = module_of(split(dedent(code)), Path("example.py"))
    return Inquiry(module)


def scopes(code: str) -> list[Scope]:
    """All scopes of a module, in order."""
    asked = inquiry(code)
    return [scope for piece in asked.pieces("everything") for scope in asked.piece_scope(piece).with_inner()]


def marked(code: str) -> tuple[Scope, ast.expr]:
    """The expression written as the only argument of the call `here(...)`, with its scope."""
    for scope in scopes(code):
        for call in scope.calls:
            if isinstance(call.node.func, ast.Name) and call.node.func.id == "here":
                return scope, call.node.args[0]
    raise AssertionError("no `here(...)`")
