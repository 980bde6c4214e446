"""See rules/yaml/number-reinterpreted.yaml."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.semantics.config.config_readers import loader_of
from ml_lsp.semantics.config.config_roles import is_parameter_file, is_template
from ml_lsp.semantics.config_file import ConfigFile
from ml_lsp.syntax.config_edits import scalar_edit
from ml_lsp.syntax.config_tree import Node

_OCTAL = re.compile(r"[-+]?0[0-7_]*[1-7][0-7_]*")
_BASE_60 = re.compile(r"[-+]?[1-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?")
_VERSION = re.compile(r"[0-9]+\.[1-9][0-9]*0")


def check(file: ConfigFile, rule: Rule) -> Iterator[Finding]:
    """Report each plain number that is read as another one than what is written."""
    if file.language != "yaml" or is_template(file):
        return
    found = [(_key(path), node) for path, node in file.walk() if _is_plain_number(node)]
    odd = [node for key, node in found if _is_odd(node) and not _words(key) & set(rule.data["modes"])]
    versions = [n for key, n in found if _VERSION.fullmatch(n.text) and _last(key) in rule.data["versions"]]
    if odd and (not is_parameter_file(file) or loader_of(file) not in rule.data["loaders"]):
        odd = []
    for node in (*odd, *versions):
        edits = [scalar_edit(node, f'"{node.text}"')]
        yield rule.finding(node.span, edits=edits, got=node.value, written=node.text)


def _is_plain_number(node: Node) -> bool:
    return node.is_plain and isinstance(node.value, int | float) and not isinstance(node.value, bool)


def _is_odd(node: Node) -> bool:
    return bool(_OCTAL.fullmatch(node.text) or _BASE_60.fullmatch(node.text))


def _key(path: tuple[str | int, ...]) -> str:
    """The key of a value, or of the list that it is in."""
    return next((part for part in reversed(path) if isinstance(part, str)), "")


def _words(key: str) -> set[str]:
    return set(re.split(r"[\W_]+", key.lower()))


def _last(key: str) -> str:
    return re.split(r"[\W_]+", key.lower())[-1]
