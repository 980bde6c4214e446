"""See rules/typer/no-version-option.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding, Related
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.libraries.entry_points import script_of_app
from ml_lsp.semantics.testcode import is_test_code


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report the app of an installed command that cannot say which version it is."""
    inquiry = call.scope.inquiry
    if not call.scope.is_module_level or is_test_code(call.scope):
        return
    script = script_of_app(call)
    if script is None or not script.is_published:
        return
    # What mounts the app, or adds commands to it, may have the option too.
    if any(one.mentions(word) for one in (inquiry, *inquiry.importers()) for word in rule.data["versions"]):
        return
    related = [Related(script.span, f"installed as `{script.name}`", script.file)]
    yield rule.finding(call.span, related=related, name=script.name)
