"""The `explain` and `rules` commands: what rules there are, and the page of one."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Severity
from ml_lsp.page import fix_title, rule_page
from ml_lsp.page_form import CatalogueError
from ml_lsp.settings import SettingsError
from ml_lsp.suggestion import did_you_mean

_COLOURS = {
    Severity.CRITICAL: "bold red",
    Severity.WARNING: "bold yellow",
    Severity.INFO: "bold blue",
    Severity.HINT: "bold cyan",
}


def _known_rules() -> tuple[Rule, ...]:
    """The rules that ship and those of the team whose folder this is."""
    from pathlib import Path

    from ml_lsp.rulebook import known_rules
    from ml_lsp.settings import read_settings

    return known_rules(read_settings(Path.cwd()))


def explain(name: str, form: str) -> int:
    """Print the page of a rule, as `terminal` or `markdown`; 2 if there is no such rule."""
    try:
        rules = {rule.id: rule for rule in _known_rules()}
    except (SettingsError, CatalogueError) as error:
        return _failed(str(error))
    if name not in rules:
        short = [id for id in rules if id.partition("/")[2] == name]
        if len(short) != 1:
            return _failed(f"there is no rule `{name}`{did_you_mean(name, rules)}")
        name = short[0]
    page = rule_page(rules[name])
    if form == "markdown" or not sys.stdout.isatty():
        sys.stdout.write(page)
        return 0
    from rich.console import Console
    from rich.markdown import Markdown

    console = Console()
    console.print(Markdown(page), width=min(console.width, 100))
    return 0


def list_rules(form: str) -> int:
    """Print all rules, as a `table` or as `json`."""
    try:
        rules = _known_rules()
    except (SettingsError, CatalogueError) as error:
        return _failed(str(error))
    if form == "json":
        from ml_lsp.report.machine import as_json

        sys.stdout.write(as_json([_object(rule) for rule in rules]))
    elif sys.stdout.isatty():
        _print_table(rules)
    else:
        for rule in rules:
            sys.stdout.write(
                f"{rule.id}\t{rule.severity.value}\t{rule.tier.value}\t{_fix_word(rule)}\t{rule.title}\n"
            )
    return 0


def _object(rule: Rule) -> dict[str, object]:
    return {
        "id": rule.id,
        "severity": rule.severity.value,
        "tier": rule.tier.value,
        "area": rule.area,
        "title": rule.title,
        "fix": {"title": fix_title(rule), "safe": rule.fix.safe} if rule.fix else None,
        "url": rule.page_url,
    }


def _fix_word(rule: Rule) -> str:
    return "-" if rule.fix is None else "safe" if rule.fix.safe else "on request"


def _print_table(rules: Sequence[Rule]) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table("Rule", "Severity", "Profile", "Fix", "What it reports", box=box.SIMPLE_HEAD)
    for rule in rules:
        severity = Text(rule.severity.value, _COLOURS[rule.severity])
        table.add_row(Text(rule.id), severity, rule.tier.value, _fix_word(rule), Text(rule.title))
    console = Console()
    console.print(table)
    console.print(f"{len(rules)} rules. `ml-lsp explain RULE` shows the page of one.", highlight=False)


def _failed(message: str) -> int:
    sys.stderr.write(f"error: {message}\n")
    return 2
