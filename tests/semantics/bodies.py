"""Python text to the things that checks look at."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

from ml_lsp.semantics.body import Body, Loop, ModuleView, loops_of
from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.semantics.module import module_of
from ml_lsp.semantics.scope import Scope
from ml_lsp.syntax.segments import split


def inquiry(text: str, path: str = "example.py") -> Inquiry:
    """Questions about a module."""
    return Inquiry(module_of(split(dedent(text)), Path(path))[0])


def scope_named(found: Inquiry, name: str) -> Scope:
    """The only function of that name, wherever it stands."""
    (scope,) = (scope for scope in ModuleView(found).scopes() if scope.name == name)
    return scope


def function(text: str, name: str = "f") -> Scope:
    """The function of that name in a text."""
    return scope_named(inquiry(text), name)


def body(text: str, name: str = "f") -> Body:
    """The body of the function of that name in a text."""
    return Body((function(text, name),))


def loop(text: str, name: str = "f") -> Loop:
    """The first loop of the function of that name in a text."""
    return next(loops_of(function(text, name)))
