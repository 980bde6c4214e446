"""What the parameter files of a workspace say under each key, taken together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from ml_lsp.semantics.config.config_roles import is_parameter_file
from ml_lsp.semantics.project import Project, remembered


def texts_under(project: Project, key: str) -> frozenset[str]:
    """The texts that the parameter files of a project hold under a key (the last part of its path)."""
    return remembered(project, _texts).get(key, frozenset())


def _texts(project: Project) -> Mapping[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for config in project.configs():
        if config.language == "yaml" and is_parameter_file(replace(config, project=project)):
            for path, node in config.walk():
                if path and isinstance(path[-1], str) and isinstance(node.value, str):
                    found.setdefault(path[-1], set()).add(node.value)
    return {key: frozenset(texts) for key, texts in found.items()}
