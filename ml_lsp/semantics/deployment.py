"""What files of other tools say of a project: the commands that it installs, and how it is deployed.

All of them are somebody else's text: what is not understood is left out.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ml_lsp.semantics.project import Project, remembered
from ml_lsp.semantics.tables import value_at
from ml_lsp.text import Span

NOTES = ("pyproject.toml", "setup.cfg", "Dockerfile", ".env")
"""How the names of such files end, besides setup.py and what is YAML."""
_ENTRY = re.compile(r"""^[ \t]*["']?([\w.-]+)[ \t]*=[ \t]*([\w.]+):([\w.]+)["']?[ \t]*,?[ \t]*$""", re.M)
# The same as one of several on a line, between quotes.
_QUOTED_ENTRY = re.compile(r"""["'][ \t]*([\w.-]+)[ \t]*=[ \t]*([\w.]+):([\w.]+)[ \t]*["']""")
_UNPUBLISHED = re.compile(
    r"""^[ \t]*version[ \t]*=[ \t]*["']?0\.0\.0["']?[ \t]*,?[ \t]*$|Private :: """, re.M
)
_COMPOSE = re.compile(r"(?:docker-)?compose.*\.ya?ml\Z")

_KUBERNETES = frozenset({"apiVersion", "kind", "containers"})
"""Keys of a file that says which containers run."""


@dataclass(frozen=True)
class Script:
    """A command that a project installs: it calls `attribute` of the module `module`, as `file` says at `span`.

    `is_published`: whether the project has a version of its own and may be uploaded.
    """

    name: str
    module: str
    attribute: str
    file: Path
    span: Span
    is_published: bool = True


def scripts(project: Project) -> tuple[Script, ...]:
    """The commands that the pyproject.toml, setup.cfg and setup.py files of a project install."""
    return remembered(project, _all_scripts)


def deployment_says(project: Project, word: str) -> bool:
    """Whether a Dockerfile, an environment file or a YAML file of a project holds a word.

    Without a word, whether there is a Dockerfile, a file of Docker Compose or one of Kubernetes at all.
    """
    if not word:
        files = (*project.notes, *project.config_files)
        if any(path.name.endswith("Dockerfile") or _COMPOSE.match(path.name) for path in files):
            return True
        return any(config.words >= _KUBERNETES for config in project.configs() if config.language == "yaml")
    texts = [project.text_at(path) or "" for path in project.notes]
    texts += [config.text for config in project.configs() if config.language == "yaml"]
    return any(word in text for text in texts)


def _all_scripts(project: Project) -> tuple[Script, ...]:
    setups = [path for path in project.files or () if path.name == "setup.py"]
    return tuple(script for path in (*project.notes, *setups) for script in _scripts_of(project, path))


def _scripts_of(project: Project, path: Path) -> Iterator[Script]:
    if path.name == "pyproject.toml":
        yield from _of_pyproject(path, project.text_at(path) or "")
    elif path.name in ("setup.cfg", "setup.py"):
        text = project.text_at(path) or ""
        at = text.find("console_scripts")
        for found in _entries(text, at) if at >= 0 else ():
            place = Span(found.start(2), found.end(3))
            yield Script(found[1], found[2], found[3], path, place, _is_published(text))


def _entries(text: str, at: int) -> list[re.Match[str]]:
    """What looks like a command and what it calls, from a place on: a line of its own, or quoted."""
    found = {one.start(2): one for entry in (_ENTRY, _QUOTED_ENTRY) for one in entry.finditer(text, at)}
    return [found[start] for start in sorted(found)]


def _of_pyproject(path: Path, text: str) -> Iterator[Script]:
    try:
        data = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return
    for keys in (("project", "scripts"), ("tool", "poetry", "scripts")):
        for name, target in _items(value_at(data, *keys)):
            module, _, attribute = target.partition(":")
            at = text.find(target)
            if module and attribute and at >= 0:
                place = Span(at, at + len(target))
                yield Script(name, module.strip(), attribute.strip(), path, place, _is_published(text))


def _is_published(text: str) -> bool:
    return _UNPUBLISHED.search(text) is None


def _items(table: Any) -> Iterator[tuple[str, str]]:
    for name, target in (table if isinstance(table, dict) else {}).items():
        if isinstance(target, str):
            yield name, target
