"""See rules/config/two-sources-of-truth.yaml."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding, Related
from ml_lsp.semantics.argparse import is_parser
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.config_file import ConfigFile
from ml_lsp.semantics.config_merges import named_configs, winner
from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.semantics.testcode import is_test_code
from ml_lsp.semantics.values import Const
from ml_lsp.syntax.config_tree import Entry


def check(call: Call, rule: Rule) -> Iterator[Finding]:
    """Report an option whose default differs from what the configuration file says of the same setting."""
    inquiry, default = call.scope.inquiry, call.argument(None, "default")
    names = [arg.value for arg in call.node.args if isinstance(arg, ast.Constant)]
    value = call.scope.value(default) if default is not None else None
    if default is None or not isinstance(value, Const) or value.value is None or not names:
        return
    if not inquiry.module.words.isdisjoint(rule.data["reconciling"]) or is_test_code(call.scope):
        return
    longest = max((str(name).lstrip("-").replace("-", "_") for name in names), key=len)
    dest = str(call.constant(None, "dest") or longest)
    if _normal(dest, rule) in rule.data["runtime"] or not is_parser(call.scope, call.receiver):
        return
    file = _config(inquiry)
    entry = _entry(file, _normal(dest, rule), rule) if file is not None else None
    if file is None or entry is None or not _differ(value.value, entry.value.value_12):
        return
    wins = winner(inquiry, entry.key.text, dest)
    if wins is not None:
        related = [Related(entry.span, f"`{file.path.name}` says {entry.value.raw}", file.path)]
        message = rule.data["messages"].get(wins, "")
        yield rule.finding(
            call.scope.span(default), related=related, message=message, key=entry.key.text,
            cli=call.scope.text(default), stated=entry.value.raw, file=file.path.name,
        )  # fmt: skip


def _normal(name: str, rule: Rule) -> str:
    name = name.lower().replace("-", "_")
    aliases: dict[str, str] = rule.data["aliases"]
    return aliases.get(name, name)


def _config(inquiry: Inquiry) -> ConfigFile | None:
    """The one configuration file that the module names."""
    found = named_configs(inquiry)
    return found[0] if len(found) == 1 else None


def _entry(file: ConfigFile, name: str, rule: Rule) -> Entry | None:
    """The one key of a file with that name, whatever it is in; None if there are several."""
    found = [
        entry
        for _, node in file.walk()
        for entry in node.entries
        if node.alias is None and _normal(entry.key.text, rule) == name
    ]
    return found[0] if len(found) == 1 and found[0].value.kind == "scalar" else None


def _differ(one: object, other: object) -> bool:
    """Whether two values of one kind are not the same."""
    if isinstance(one, bool) or isinstance(other, bool):
        return isinstance(one, bool) and isinstance(other, bool) and one is not other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return one != other
    return isinstance(one, str) and isinstance(other, str) and one != other
