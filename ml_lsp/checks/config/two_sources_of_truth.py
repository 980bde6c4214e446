"""See rules/config/two-sources-of-truth.yaml."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding, Related
from ml_lsp.semantics.body import body_of
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.config.config_merges import named_configs, winner
from ml_lsp.semantics.config.config_readers import readers
from ml_lsp.semantics.config.pyproject import settings_roots
from ml_lsp.semantics.config_file import ConfigFile
from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.semantics.libraries.cli_options import CliOption, cli_options
from ml_lsp.semantics.mentioning import calls_mentioning
from ml_lsp.semantics.testcode import is_test_path
from ml_lsp.syntax.config_tree import Entry, Node, spelt_alike

_SETS = "set_defaults"


def check(subject: Call | ConfigFile, rule: Rule) -> Iterator[Finding]:
    """Report an option whose default differs from what the configuration file says of the same setting."""
    if isinstance(subject, Call):
        yield from _of_reader(subject, rule)
    else:
        yield from _of_file(subject, rule)


def _of_reader(call: Call, rule: Rule) -> Iterator[Finding]:
    """At the defaults in the module that reads the file."""
    file = _config(call.scope.inquiry, rule)
    for option, entry, wins in _disagreeing(call.scope.inquiry, file, rule) if file else ():
        assert file is not None
        related = [Related(entry.span, f"`{file.path.name}` says {entry.value.raw}", file.path)]
        message = rule.data["messages"].get(wins, "")
        yield rule.finding(
            option.span, related=related, message=message, key=entry.key.text,
            cli=option.text, stated=entry.value.raw, file=file.path.name,
        )  # fmt: skip


def _of_file(file: ConfigFile, rule: Rule) -> Iterator[Finding]:
    """At the values in the file."""
    for module in readers(file):
        inquiry = Inquiry(module, file.versions, project=file.project)
        named = _config(inquiry, rule)
        if named is None or named.path != file.path:
            continue
        for option, entry, wins in _disagreeing(inquiry, file, rule):
            script = module.path.name
            related = [Related(option.span, f"the option's default in `{script}`", module.path)]
            message = rule.data["messages"][f"{wins}, seen from the file"]
            yield rule.finding(
                entry.value.span, related=related, message=message, counted_in=module.path,
                key=entry.key.text, cli=option.text, stated=entry.value.raw, script=script,
            )  # fmt: skip


def _config(inquiry: Inquiry, rule: Rule) -> ConfigFile | None:
    """The one configuration file that a module names and reads."""
    module = inquiry.module
    if is_test_path(module.path) or _is_reconciled(inquiry, rule):
        return None
    if not any(map(inquiry.mentions, rule.data["reading"])):
        return None
    found = named_configs(inquiry)
    return found[0] if len(found) == 1 else None


def _is_reconciled(inquiry: Inquiry, rule: Rule) -> bool:
    """Whether a module makes one of the two: what it says to a parser that has done its work changes nothing."""
    if any(map(inquiry.mentions, rule.data["reconciling"])):
        return True
    late = (call for call in calls_mentioning(inquiry, _SETS) if call.method == _SETS)
    return inquiry.mentions(_SETS) and not all(map(_is_after_parsing, late))


def _is_after_parsing(call: Call) -> bool:
    return any(other.method == "parse_args" and other.when < call.when for other in body_of(call.scope).calls)


def _disagreeing(inquiry: Inquiry, file: ConfigFile, rule: Rule) -> Iterator[tuple[CliOption, Entry, str]]:
    """The options of a module, each with the entry that says something else, and which of the two wins."""
    options = cli_options(inquiry)
    roots = settings_roots(inquiry, file) if options else []
    for option in options:
        name = _normal(option.dest, rule)
        entry = _setting(name, roots, rule) if name not in rule.data["runtime"] else None
        if entry is not None and _differ(option.value, entry.value.value_12):
            wins = winner(inquiry, entry.key.text, option)
            if wins is not None:
                yield option, entry, wins


def _normal(name: str, rule: Rule) -> str:
    name = spelt_alike(name)
    aliases: dict[str, str] = rule.data["aliases"]
    return aliases.get(name, name)


def _setting(name: str, roots: Iterable[Node], rule: Rule) -> Entry | None:
    """The entry of this name below some mappings, whatever it is in; if there is one only, with a single value."""
    aliases: dict[str, str] = rule.data["aliases"]
    names = [alias for alias in {name, *aliases} if aliases.get(alias, alias) == name]
    found = [entry for root in roots for alias in names for entry in root.entries_below.get(alias, ())]
    return found[0] if len(found) == 1 and found[0].value.kind == "scalar" else None


def _differ(one: object, other: object) -> bool:
    """Whether two values of one kind are not the same."""
    if isinstance(one, bool) or isinstance(other, bool):
        return isinstance(one, bool) and isinstance(other, bool) and one is not other
    if isinstance(one, int | float) and isinstance(other, int | float):
        return one != other
    return isinstance(one, str) and isinstance(other, str) and one != other
