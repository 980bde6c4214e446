"""See rules/yaml/none-is-a-string.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.semantics.config.config_readers import workspace_loaders
from ml_lsp.semantics.config.config_roles import is_parameter_file
from ml_lsp.semantics.config.key_reads import is_converted, knows_text
from ml_lsp.semantics.config_file import ConfigFile
from ml_lsp.syntax.config_edits import scalar_edit


def check(file: ConfigFile, rule: Rule) -> Iterator[Finding]:
    """Report each Python spelling of nothing, not-a-number or infinity that YAML takes for text."""
    spellings = rule.data["spellings"]
    if file.project is None or file.words.isdisjoint(word.strip("+-") for word in spellings):
        return
    if not is_parameter_file(file) or not workspace_loaders(file).isdisjoint(rule.data["understanding"]):
        return
    for path, node in file.walk():
        key = path[-1] if path else ""
        if not node.is_plain or not isinstance(key, str) or node.text not in spellings:
            continue
        if key in rule.data["names"]:
            continue
        if not is_converted(file.project, key) and not knows_text(file.project, node.text):
            replacement = spellings[node.text]
            edits = [scalar_edit(node, replacement)]
            yield rule.finding(node.span, edits=edits, value=node.text, replacement=replacement)
