"""A YAML, JSON or TOML file as checks see it: what it says, with places, and the project around it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from ml_lsp.text import Source

if TYPE_CHECKING:
    from ml_lsp.semantics.outside import Known, Outside
    from ml_lsp.semantics.project import Project
    from ml_lsp.syntax.config_tree import ConfigError, Document, Node

# A file that a person writes to configure something is smaller; larger ones are data (vocabularies, label
# maps, saved states), and reading them would take longer than a keystroke may.
LARGEST = 300_000  # characters

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, eq=False)
class ConfigFile:
    """One YAML, JSON or TOML file. All spans are offsets in its text.

    `language` is yaml, json or toml. `project`, `versions` and `outside` are what is known of the workspace and of its
    libraries, as in a review; `asked` notes the outside names that checks ask about.
    """

    path: Path
    text: str
    language: str
    project: Project | None = None
    versions: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    outside: Known = field(default_factory=lambda: MappingProxyType({}))
    asked: set[str] = field(default_factory=set)

    @cached_property
    def documents(self) -> tuple[Document, ...]:
        """Its documents, in order; none where it cannot be read (`error`) or is data rather than settings."""
        return self._read[0]

    @property
    def error(self) -> ConfigError | None:
        """Why its text cannot be read, if it cannot."""
        return self._read[1]

    @property
    def is_broken(self) -> bool:
        """Whether nothing can be made of its text; JSON with comments is what some programs read."""
        return self.error is not None and (self.language != "json" or self.root_with_comments is None)

    @property
    def root(self) -> Node | None:
        """The root of its first document."""
        return self.documents[0].root if self.documents else None

    @cached_property
    def root_with_comments(self) -> Node | None:
        """The root of a JSON file that may have comments and trailing commas, which some readers allow."""
        from ml_lsp.syntax.config import parse_json
        from ml_lsp.syntax.config_tree import ConfigError
        from ml_lsp.syntax.json_comments import without_extras

        if self.error is None:
            return self.root
        try:
            return parse_json(without_extras(self.text)).root
        except ConfigError:
            return None

    def looked_up(self, name: str) -> Outside | None:
        """What is known of an outside name by having looked at the library; that it was asked is noted."""
        self.asked.add(name)
        return self.outside.get(name)

    @cached_property
    def source(self) -> Source:
        """Its text with lines."""
        return Source(self.text)

    @cached_property
    def words(self) -> frozenset[str]:
        """All words of its text, in keys, values and comments alike."""
        return frozenset(_WORD.findall(self.text)) if len(self.text) <= LARGEST else frozenset()

    def walk(self) -> Iterator[tuple[tuple[str | int, ...], Node]]:
        """All values of all documents in the order of the text, each with its path."""
        for document in self.documents:
            yield from document.walk()

    @cached_property
    def _read(self) -> tuple[tuple[Document, ...], ConfigError | None]:
        from ml_lsp.syntax.config import parse_json, parse_yaml
        from ml_lsp.syntax.config_tree import ConfigError
        from ml_lsp.syntax.toml import parse_toml

        if len(self.text) > LARGEST:
            return (), None
        try:
            match self.language:
                case "json":
                    return (parse_json(self.text),), None
                case "toml":
                    return (parse_toml(self.text),), None
            return parse_yaml(self.text), None
        except ConfigError as error:
            return (), error


def language_of_config(path: Path) -> str | None:
    """yaml, json or toml, by suffix; None for any other file."""
    return {".yaml": "yaml", ".yml": "yaml", ".json": "json", ".toml": "toml"}.get(path.suffix.lower())
