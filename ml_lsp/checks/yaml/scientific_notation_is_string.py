"""See rules/yaml/scientific-notation-is-string.yaml."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ml_lsp.catalogue import Rule
from ml_lsp.finding import Finding
from ml_lsp.semantics.config.config_readers import loader_of
from ml_lsp.semantics.config.config_roles import is_parameter_file
from ml_lsp.semantics.config.key_reads import is_converted
from ml_lsp.semantics.config_file import ConfigFile
from ml_lsp.syntax.config_edits import scalar_edit
from ml_lsp.syntax.config_tree import Node

_NUMBER = re.compile(r"(?P<sign>[-+]?)(?P<whole>[0-9][0-9_]*)?(?P<dot>\.[0-9_]*)?[eE](?P<power>[-+]?[0-9]+)")
_LONGEST = 12  # longer ones are identifiers that look like numbers


def check(file: ConfigFile, rule: Rule) -> Iterator[Finding]:
    """Report each plain number in scientific notation that PyYAML takes for text."""
    if "e" not in file.text.lower() or not _NUMBER.search(file.text):
        return
    if not is_parameter_file(file) or loader_of(file) != "pyyaml" or file.project is None:
        return
    for path, node in file.walk():
        key = next((part for part in reversed(path) if isinstance(part, str)), "")
        if not _is_text_number(node) or _is_identifier(key, rule):
            continue
        if not is_converted(file.project, key):
            fixed = _for_yaml(node.text)
            yield rule.finding(node.span, edits=[scalar_edit(node, fixed)], value=node.text, fixed=fixed)


def _is_text_number(node: Node) -> bool:
    if not node.is_plain or not isinstance(node.value, str) or len(node.text) > _LONGEST:
        return False
    found = _NUMBER.fullmatch(node.text)
    return found is not None and bool(found["whole"] or (found["dot"] or ".").strip("._"))


def _is_identifier(key: str, rule: Rule) -> bool:
    return not set(re.split(r"[\W_]+", key.lower())).isdisjoint(rule.data["identifiers"])


def _for_yaml(text: str) -> str:
    """The same number with a dot and a signed exponent, which every YAML reader takes for one."""
    number = _NUMBER.fullmatch(text)
    assert number is not None
    power = number["power"] if number["power"][0] in "+-" else f"+{number['power']}"
    fraction = number["dot"] if (number["dot"] or ".") != "." else ".0"
    return f"{number['sign']}{number['whole'] or '0'}{fraction}e{power}"
