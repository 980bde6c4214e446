"""Which installed command of a project runs a function or an app of Typer's."""

from __future__ import annotations

import ast

from ml_lsp.semantics.call import Call
from ml_lsp.semantics.deployment import Script
from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.semantics.layout import module_name_of
from ml_lsp.semantics.libraries.commands import uses_of


def module_name(inquiry: Inquiry) -> str | None:
    """The dotted name under which a module is imported; None if it cannot be."""
    roots = inquiry.project.layout.roots if inquiry.project is not None else ()
    return module_name_of(inquiry.module.path, roots)


def script_of_function(inquiry: Inquiry, function: str) -> Script | None:
    """The command that runs a function of a module."""
    found = inquiry.scripts()
    name = module_name(inquiry) if found else None
    return next((one for one in found if (one.module, one.attribute) == (name, function)), None)


def script_of_app(made: Call) -> Script | None:
    """The command that runs the app which a call makes: the app itself, or a function that calls it."""
    inquiry = made.scope.inquiry
    scripts = inquiry.scripts()
    if not scripts:
        return None
    runners = {use.scope.name for use in uses_of(inquiry, made.value, "") if use.scope.is_function}
    own, names = module_name(inquiry), runners | {_assigned(made)}
    for script in scripts:
        if script.module == own:
            if script.attribute in names:
                return script
            continue
        site = inquiry.named(f"{script.module}.{script.attribute}").site  # passed on by an `__init__.py`
        if site is not None and site.node is made.node:
            return script
    return None


def _assigned(made: Call) -> str | None:
    match made.scope.statement_of(made.node):
        case ast.Assign(targets=[ast.Name(id=name)], value=value) if value is made.node:
            return name
        case ast.AnnAssign(target=ast.Name(id=name), value=value) if value is made.node:
            return name
    return None
