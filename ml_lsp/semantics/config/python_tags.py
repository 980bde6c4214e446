"""YAML files that only an unsafe loader reads: those that name Python objects by a tag."""

from __future__ import annotations

import re

from ml_lsp.semantics.config_file import ConfigFile
from ml_lsp.semantics.inquiry import Inquiry
from ml_lsp.syntax.config_tree import Node

_PREFIX = "tag:yaml.org,2002:python/"
_TAG = re.compile(rf"^[^#\n]*(?:!!python/|{re.escape(_PREFIX)})", re.MULTILINE)


def uses_python_tags(inquiry: Inquiry) -> bool:
    """Whether a YAML file of the project holds a tag such as `!!python/tuple`, which `safe_load` refuses."""
    return any(file.language == "yaml" and _holds_one(file) for file in inquiry.configs())


def _holds_one(file: ConfigFile) -> bool:
    """Whether a file holds such a tag, not only text that looks like one; of a file that is no YAML, the text counts."""
    if not _TAG.search(file.text):
        return False
    nodes = [node for _, node in file.walk()]
    return (
        not nodes or any(map(_is_python, nodes)) or any(_is_python(e.key) for n in nodes for e in n.entries)
    )


def _is_python(node: Node) -> bool:
    return node.tag is not None and node.tag.startswith(_PREFIX)
