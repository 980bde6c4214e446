"""The workspace around a module: which file an imported name leads to, who imports a module, config files."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from pathlib import Path
from typing import TypeVar, cast

from ml_lsp.semantics.config_file import ConfigFile
from ml_lsp.semantics.importers import Importers
from ml_lsp.semantics.layout import Found, Layout
from ml_lsp.semantics.module import Module

T = TypeVar("T")


@dataclass(frozen=True, eq=False)
class Project:
    """One state of the workspace's files. A change of a file makes a new project.

    `layout`: which file an import leads to. `module_at`: the module in a file, None if it cannot be read.
    `imports_at`: the names that a file imports. `files`: the Python files of the workspace; None as long as
    they have not been listed, so that nobody can say who imports what. `config_files`: its YAML, JSON and TOML files,
    and `config_at` reads one; they hold no project themselves. `mentions`: whether the text of a Python file
    holds one of some words, told without parsing it, and `config_names_at` the names of config files in it.
    `script_files`: its shell scripts; `notes`: files that say how it is packaged and deployed (pyproject.toml,
    Dockerfile, .env); `text_at` reads one of either. `notebooks`: those of the workspace, which count where it is
    said, among those who read config files. `known_importers`: who imports whom as far as the state
    before tells. `memory`: what was worked out for this state, and `code_memory` what rests on its Python files
    alone.
    """

    layout: Layout
    module_at: Callable[[Path], Module | None]
    imports_at: Callable[[Path], tuple[str, ...]]
    files: tuple[Path, ...] | None = None
    config_files: tuple[Path, ...] = ()
    config_at: Callable[[Path], ConfigFile | None] = lambda path: None
    mentions: Callable[[Path, tuple[str, ...]], bool] = lambda path, words: True
    config_names_at: Callable[[Path], frozenset[str]] = lambda path: frozenset()
    script_files: tuple[Path, ...] = ()
    known_importers: Importers | None = None
    notes: tuple[Path, ...] = ()
    text_at: Callable[[Path], str | None] = lambda path: None
    notebooks: tuple[Path, ...] = ()
    memory: dict[object, object] = field(default_factory=dict)
    code_memory: dict[object, object] = field(default_factory=dict)
    _mentioning: dict[tuple[bool, tuple[str, ...]], tuple[Path, ...]] = field(default_factory=dict)

    def renewed(self, changed: Path) -> Project:
        """The same project after the text of a file has changed, but none has come or gone."""
        if changed.suffix not in (".py", ".ipynb"):
            return replace(self, memory={}, known_importers=self._importers)
        mentioning = {
            asked: files
            for asked, files in self._mentioning.items()
            if (changed in files) == self.mentions(changed, asked[1])
        }
        importers = self._importers.after_change(changed)
        return replace(self, memory={}, code_memory={}, _mentioning=mentioning, known_importers=importers)

    def find(self, dotted: str, from_path: Path) -> Found | None:
        """The file that a dotted name leads to when `from_path` imports it, and what of the name is left."""
        found = self.layout.find(dotted, from_path)
        return found if found is not None and found.path != from_path else None

    def importers(self, path: Path) -> tuple[Path, ...]:
        """The files of the workspace that import the module at `path`, in order."""
        return self._importers.of(path)

    def learn_importers(self) -> Iterator[int]:
        """Find out step by step what `importers` rests on; how many files are done, after each."""
        return self._importers.learn()

    @cached_property
    def _importers(self) -> Importers:
        return self.known_importers or Importers(
            self.files or (), partial(_imported_files, self.layout, self.imports_at)
        )

    def mentioning(self, word: str, *others: str, notebooks: bool = False) -> tuple[Path, ...]:
        """The Python files of the workspace whose text holds one of the words, in order; the notebooks as well."""
        asked = (notebooks, (word, *others))
        if asked not in self._mentioning:
            files = self._code(notebooks)
            self._mentioning[asked] = tuple(file for file in files if self.mentions(file, asked[1]))
        return self._mentioning[asked]

    def naming(self, name: str) -> tuple[Path, ...]:
        """The Python files and notebooks of the workspace whose text holds the name of a YAML, JSON or TOML file, in
        order."""
        return remembered_of_code(self, _by_config_name).get(name, ())

    def importing(self, *libraries: str, notebooks: bool = False) -> tuple[Path, ...]:
        """The Python files of the workspace that may import one of the libraries, by root name, in order; the
        notebooks as well."""
        roots = frozenset(libraries)
        files = self._code(notebooks)
        return tuple(file for file in files if not roots.isdisjoint(self._imported_roots(file)))

    def _code(self, notebooks: bool) -> tuple[Path, ...]:
        return (*(self.files or ()), *(self.notebooks if notebooks else ()))

    def _imported_roots(self, file: Path) -> Iterator[str]:
        return (name.partition(".")[0] for name in self.imports_at(file))

    def modules(self, word: str, *others: str, notebooks: bool = False) -> Iterator[Module]:
        """The modules of the workspace that can be read and whose text holds one of the words, in order; the
        notebooks as well.

        Nothing but the words is asked of the others: most modules have nothing to do with a question.
        """
        return self.modules_at(self.mentioning(word, *others, notebooks=notebooks))

    def modules_at(self, files: Iterable[Path]) -> Iterator[Module]:
        """The modules in files, those that can be read."""
        for file in files:
            module = self.module_at(file)
            if module is not None:
                yield module

    def configs(self) -> Iterator[ConfigFile]:
        """All YAML, JSON and TOML files of the workspace that can be read, in order."""
        yield from remembered(self, _all_configs)


def _all_configs(project: Project) -> tuple[ConfigFile, ...]:
    found = map(project.config_at, project.config_files)
    return tuple(config for config in found if config is not None)


def _by_config_name(project: Project) -> dict[str, tuple[Path, ...]]:
    found: dict[str, list[Path]] = {}
    for file in (*(project.files or ()), *project.notebooks):
        for name in project.config_names_at(file):
            found.setdefault(name, []).append(file)
    return {name: tuple(files) for name, files in found.items()}


def _imported_files(
    layout: Layout, imports_at: Callable[[Path], tuple[str, ...]], file: Path
) -> frozenset[Path]:
    """The files of the project that a file imports, itself apart."""
    found = layout.find_all(imports_at(file), file)
    return frozenset(there.path for there in found if there is not None) - {file}


def remembered(project: Project, work: Callable[[Project], T]) -> T:
    """What a function finds out about a project, worked out once for each state of it."""
    if work not in project.memory:
        project.memory[work] = work(project)
    return cast(T, project.memory[work])


def remembered_of_code(project: Project, work: Callable[[Project], T]) -> T:
    """The same for what rests on the Python files alone: it stands while only config files change."""
    if work not in project.code_memory:
        project.code_memory[work] = work(project)
    return cast(T, project.code_memory[work])
