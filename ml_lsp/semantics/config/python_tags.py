"""YAML files that only an unsafe loader reads: those that name Python objects by a tag."""

from __future__ import annotations

import re

from ml_lsp.semantics.inquiry import Inquiry

_TAG = re.compile(r"^[^#\n]*(?:!!|tag:yaml\.org,2002:)python/", re.MULTILINE)


def uses_python_tags(inquiry: Inquiry) -> bool:
    """Whether a YAML file of the project holds a tag such as `!!python/tuple`, which `safe_load` refuses."""
    return any(file.language == "yaml" and _TAG.search(file.text) for file in inquiry.configs())
