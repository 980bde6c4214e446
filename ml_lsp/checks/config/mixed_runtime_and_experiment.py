"""See rules/config/mixed-runtime-and-experiment.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding, Related
from ml_lsp.semantics.call import Call
from ml_lsp.semantics.config.config_logging import loaded_config, recorded
from ml_lsp.semantics.config.config_merges import named_configs
from ml_lsp.semantics.config.config_readers import readers
from ml_lsp.semantics.config.config_roles import is_parameter_file
from ml_lsp.semantics.config.hydra import root_of
from ml_lsp.semantics.config_file import ConfigFile
from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.semantics.mentioning import calls_mentioning
from ml_lsp.semantics.testcode import is_test_path
from ml_lsp.syntax.config_tree import Entry, Node

_SUFFIXES = ("_dir", "_path", "_root", "_folder")


def check(subject: ConfigFile | Call, rule: Rule) -> Iterator[Finding]:
    """Report a mapping that holds both, where all of it is recorded as hyperparameters."""
    if isinstance(subject, Call):
        yield from _of_record(subject, rule)
        return
    mixed = _mixed(subject, rule)
    for module in readers(subject) if mixed else ():
        if is_test_path(module.path):
            continue
        for call in _records(Inquiry(module, project=subject.project), rule):
            related = [Related(call.span, "recorded here", module.path)]
            yield rule.finding(mixed[0].key.span, related=related, keys=_named(mixed))
            return


def _of_record(call: Call, rule: Rule) -> Iterator[Finding]:
    """The same at the call that records it, which is where it shows."""
    if is_test_path(call.scope.inquiry.module.path) or not _records_all(call):
        return
    found = named_configs(call.scope.inquiry)
    mixed = _mixed(found[0], rule) if len(found) == 1 else []
    if mixed:
        path = found[0].path
        related = [Related(mixed[0].key.span, "the first of them", path)]
        message = rule.data["messages"]["recorded"]
        yield rule.finding(
            call.span, related=related, message=message, counted_in=path, keys=_named(mixed), file=path.name
        )


def _records(inquiry: Inquiry, rule: Rule) -> Iterator[Call]:
    if len(named_configs(inquiry)) == 1:
        words = (name.rpartition(".")[2] for name in rule.calls)
        yield from filter(_records_all, calls_mentioning(inquiry, *words))


def _records_all(call: Call) -> bool:
    """Whether a call records all that was read from a file."""
    node = recorded(call)
    return node is not None and loaded_config(call.scope.value(node)) is not None


def _mixed(file: ConfigFile, rule: Rule) -> list[Entry]:
    """The settings of the machine in the first mapping that holds hyperparameters as well."""
    for _, node in file.walk():
        machine = [entry for entry in node.entries if _is_of_machine(entry, rule)]
        chosen = [entry for entry in node.entries if _is_hyperparameter(entry, rule)]
        if len(node.entries) >= rule.data["least"] and len(machine) >= 2 and len(chosen) >= 3:
            return machine if is_parameter_file(file) and root_of(file) is None else []
    return []


def _is_of_machine(entry: Entry, rule: Rule) -> bool:
    name = _name(entry.key)
    return entry.value.kind == "scalar" and (name in rule.data["machine"] or name.endswith(_SUFFIXES))


def _is_hyperparameter(entry: Entry, rule: Rule) -> bool:
    return entry.value.kind == "scalar" and _name(entry.key) in rule.data["hyperparameters"]


def _name(key: Node) -> str:
    return key.text.lower().replace("-", "_")


def _named(entries: list[Entry]) -> str:
    return ", ".join(f"`{entry.key.text}`" for entry in entries[:2])
