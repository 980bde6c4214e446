"""See rules/typer/confusing-root-command.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.fixes import add_argument
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.semantics.libraries.commands import commands_of, is_passed_on, uses_of
from ml_lsp.semantics.libraries.entry_points import script_of_app
from ml_lsp.semantics.users import users
from ml_lsp.semantics.values import Value


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report an app with several commands that says nothing useful without one."""
    if call.has_unpacking or not call.scope.is_module_level:
        return
    if any(keyword.arg in rule.data["settings"] for keyword in call.node.keywords):
        return
    inquiry, app = call.scope.inquiry, call.value
    around = users(inquiry)
    if not _is_entry(call, around) or any(
        _has_callback(one, app) or is_passed_on(one, app) for one in around
    ):
        return
    commands = sum(1 for one in around for _ in commands_of(one, app))
    if commands >= 2 or any(True for one in around for _ in uses_of(one, app, "add_typer")):
        yield rule.finding(call.span, edits=[add_argument(call, "no_args_is_help=True")])


def _is_entry(call: Call, around: list[Inquiry]) -> bool:
    """Whether an app is run somewhere, or no other file of the project can mount it: all of them are known."""
    project = call.scope.inquiry.project
    if project is not None and project.files is not None:
        return True
    return script_of_app(call) is not None or any(
        True for one in around for _ in uses_of(one, call.value, "")
    )


def _has_callback(inquiry: Inquiry, app: Value) -> bool:
    return any(
        keyword.arg in ("invoke_without_command", "no_args_is_help")
        for use in uses_of(inquiry, app, "callback")
        for keyword in use.node.keywords
    )
