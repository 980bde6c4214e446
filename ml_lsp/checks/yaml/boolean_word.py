"""See rules/yaml/boolean-word.yaml."""

from __future__ import annotations

from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.semantics.config.config_readers import loader_of
from ml_lsp.semantics.config.config_roles import is_parameter_file
from ml_lsp.semantics.config.config_values import texts_under
from ml_lsp.semantics.config.key_reads import is_compared
from ml_lsp.semantics.config_file import ConfigFile
from ml_lsp.syntax.config_edits import scalar_edit
from ml_lsp.syntax.config_tree import Node

_WORDS = frozenset({"yes", "Yes", "YES", "no", "No", "NO", "on", "On", "ON", "off", "Off", "OFF"})


def check(file: ConfigFile, rule: Rule) -> Iterator[Finding]:
    """Report each yes, no, on, off that is a key, or a value where text is meant."""
    if file.project is None or file.words.isdisjoint(_WORDS):
        return
    if not is_parameter_file(file) or loader_of(file) not in rule.data["loaders"]:
        return
    for path, node in file.walk():
        if node.alias is None:
            for entry in node.entries:
                if _is_word(entry.key):
                    yield _finding(entry.key, rule)
            yield from (_finding(item, rule) for item in _among_texts(node))
        if _is_word(node) and path and isinstance(path[-1], str) and _is_text_elsewhere(file, path[-1]):
            yield _finding(node, rule)


def _finding(node: Node, rule: Rule) -> Finding:
    edits = [scalar_edit(node, f'"{node.text}"')]
    return rule.finding(node.span, edits=edits, word=node.text, value=str(node.value).lower())


def _is_word(node: Node) -> bool:
    return node.is_plain and node.text in _WORDS


def _among_texts(sequence: Node) -> Iterator[Node]:
    """The words in a list whose other elements are text."""
    if any(item.kind == "scalar" and isinstance(item.value, str) for item in sequence.items):
        yield from (item for item in sequence.items if _is_word(item))


def _is_text_elsewhere(file: ConfigFile, key: str) -> bool:
    """Whether the key's value is text in another file of parameters, or is compared with text."""
    assert file.project is not None
    return bool(texts_under(file.project, key)) or is_compared(file.project, key)
