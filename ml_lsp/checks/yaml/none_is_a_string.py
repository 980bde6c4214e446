"""See rules/yaml/none-is-a-string.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.semantics.config.config_readers import workspace_loaders
from ml_lsp.semantics.config.config_roles import is_parameter_file
from ml_lsp.semantics.config.key_reads import is_compared, is_converted, is_named, knows_text
from ml_lsp.semantics.config_file import ConfigFile
from ml_lsp.semantics.project import Project
from ml_lsp.syntax.config_edits import scalar_edit

# Keys of a mapping that is built into an object: its other keys are parameters of a library's class.
_BUILDING = ("_target_", "class_path", "target", "type")


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
        if key not in rule.data["names"] and not _is_understood(file, file.project, path, node.text):
            replacement = spellings[node.text]
            edits = [scalar_edit(node, replacement)]
            yield rule.finding(node.span, edits=edits, value=node.text, replacement=replacement)


def _is_understood(file: ConfigFile, project: Project, path: tuple[str | int, ...], text: str) -> bool:
    """Whether code of the workspace takes the text for what it says, or has no use for the key."""
    key = str(path[-1])
    if is_converted(project, key) or is_compared(project, key) or knows_text(project, text):
        return True
    around = file.root.get(*path[:-1]) if file.root is not None else None
    built = around is not None and any(entry.key.text in _BUILDING for entry in around.entries)
    return bool(project.files) and not built and not is_named(project, key)
