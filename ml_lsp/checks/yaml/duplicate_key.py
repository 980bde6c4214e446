"""See rules/yaml/duplicate-key.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding, Related, Severity
from ml_lsp.semantics.config.config_roles import is_template
from ml_lsp.semantics.config_file import ConfigFile
from ml_lsp.syntax.config_edits import remove_entry
from ml_lsp.syntax.config_tree import Entry, Node


def check(file: ConfigFile, rule: Rule) -> Iterator[Finding]:
    """Report each key whose value replaces an earlier one of the same mapping."""
    if file.language != "yaml" or is_template(file):
        return
    for _, node in file.walk():
        if node.alias is None:
            for first, second in node.duplicates:
                if first.value.anchor and second.value.anchor:
                    continue  # the key only holds them: both are read through their anchors
                yield _finding(file, node, first, second, rule)


def _finding(file: ConfigFile, mapping: Node, first: Entry, second: Entry, rule: Rule) -> Finding:
    same = _written(file, first.value) == _written(file, second.value)
    return rule.finding(
        second.key.span,
        edits=[remove_entry(mapping, second, file.source)] if same else (),
        related=[Related(first.key.span, "the first value is lost" if not same else "the same is said here")],
        severity=Severity.INFO if same else None,
        message=rule.data["messages"]["same"] if same else "",
        key=second.key.text,
        last=second.value.raw if second.value.kind == "scalar" else f"a {second.value.kind}",
    )


def _written(file: ConfigFile, value: Node) -> str:
    """A value as it is written, whatever its layout."""
    return " ".join(file.text[value.whole.start : value.whole.end].split())
