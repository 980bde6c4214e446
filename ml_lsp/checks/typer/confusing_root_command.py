"""See rules/typer/confusing-root-command.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import add_argument
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.commands import commands_of, uses_of
from ml_lsp.semantics.entry_points import script_of_app
from ml_lsp.semantics.values import Value


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report an app with several commands that says nothing useful without one."""
    if call.has_unpacking or not call.scope.is_module_level:
        return
    if any(keyword.arg in rule.data["settings"] for keyword in call.node.keywords):
        return
    inquiry, app = call.scope.inquiry, call.value
    is_run = next(uses_of(inquiry, app, ""), None) is not None or script_of_app(call) is not None
    if not is_run or _has_callback(call, app):
        return
    commands = sum(1 for _ in commands_of(inquiry, app))
    groups = sum(1 for _ in uses_of(inquiry, app, "add_typer"))
    if commands >= 2 or groups:
        yield rule.finding(call.span, edits=[add_argument(call, "no_args_is_help=True")])


def _has_callback(call: Call, app: Value) -> bool:
    return any(
        keyword.arg in ("invoke_without_command", "no_args_is_help")
        for use in uses_of(call.scope.inquiry, app, "callback")
        for keyword in use.node.keywords
    )
