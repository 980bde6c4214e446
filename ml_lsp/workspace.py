"""What lies around a file: the project it belongs to and the versions of the libraries it uses."""

from __future__ import annotations

import hashlib
import logging
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from ml_lsp.oracle.interpreter import Choice, choose, installed_versions
from ml_lsp.review import Surroundings
from ml_lsp.semantics.deployment import NOTES
from ml_lsp.semantics.files import read_text, stamp, workspace_files
from ml_lsp.semantics.layout import source_roots
from ml_lsp.semantics.project import Project
from ml_lsp.semantics.requirements import requirement_versions
from ml_lsp.semantics.versions import companions
from ml_lsp.shelf import SCRIPT_SUFFIXES, Shelf

log = logging.getLogger(__name__)

PROJECT_SUFFIXES = (".py", ".ipynb", ".yaml", ".yml", ".json", ".toml", *SCRIPT_SUFFIXES, *NOTES)
"""Files that say something about the others of a project."""
_MARKERS = (".git", "pyproject.toml", "ml-lsp.toml", "setup.py", "setup.cfg")


def workspace_folder(path: Path) -> Path:
    """The folder of the project that a file belongs to: the nearest one upwards that looks like a project's.

    Without one, the current folder if it holds the file, else the file's own folder.
    """
    path = Path.cwd() / path
    for folder in path.parents:
        if any((folder / marker).exists() for marker in _MARKERS):
            return folder
    return Path.cwd() if path.is_relative_to(Path.cwd()) else path.parent


@dataclass(frozen=True)
class Wishes:
    """What people say about the interpreter whose libraries count; see `ml_lsp.oracle.interpreter.choose`."""

    setting: str | None = None
    editor: str | None = None
    configured: str | None = None
    consent: bool = False


@dataclass(eq=False)
class Workspace:
    """One folder with its files and libraries, as it is when it is looked at first; `changed` looks again."""

    folder: Path
    wishes: Wishes = Wishes()
    shelf: Shelf = field(default_factory=Shelf)

    @cached_property
    def interpreter(self) -> Choice:
        """The interpreter whose libraries count."""
        wishes = self.wishes
        return choose(
            self.folder,
            setting=wishes.setting,
            editor=wishes.editor,
            configured=wishes.configured,
            consent=wishes.consent,
        )

    @cached_property
    def versions(self) -> Mapping[str, str]:
        """Versions of libraries: of what is installed where somebody chose an interpreter, else as required."""
        required = {name: text for name, text in requirement_versions(self.folder).items() if text}
        chosen = self.interpreter.interpreter
        if chosen.source != "server":
            required |= installed_versions(chosen.site_packages)
        return required | companions(required)

    @cached_property
    def files(self) -> tuple[Path, ...]:
        """The Python, YAML, JSON and TOML files and notebooks of the folder, and what is about packaging it."""
        return tuple(workspace_files(self.folder, PROJECT_SUFFIXES))

    @property
    def surroundings_unlisted(self) -> Surroundings:
        """What a review may know before the files have been listed."""
        return Surroundings(self.versions, self.shelf.project(self._roots))

    def listed(self, files: Iterable[Path]) -> None:
        """Take these for the Python files of the folder."""
        self.__dict__["files"] = tuple(files)

    @cached_property
    def project(self) -> Project:
        """The files of the folder and how they hang together."""
        return self.shelf.project(self._roots, self.files)

    @property
    def surroundings(self) -> Surroundings:
        """What a review may know of the workspace."""
        return Surroundings(self.versions, self.project)

    @property
    def _roots(self) -> tuple[Path, ...]:
        try:
            pyproject = tomllib.loads(read_text(self.folder / "pyproject.toml"))
        except FileNotFoundError:
            pyproject = {}
        except (OSError, tomllib.TOMLDecodeError) as error:
            log.info("%s: %s", self.folder / "pyproject.toml", error)
            pyproject = {}
        return source_roots(self.folder, pyproject)

    def learn(self) -> Iterator[int]:
        """Find out step by step who imports whom and what notebooks say, and keep for the next run what that rests
        on.

        After each step: how many files are done.
        """
        gists, done = self.shelf.gists, 0
        for done in self.project.learn_importers():
            if gists is not None:
                gists.keep_many()
            yield done
        for number, notebook in enumerate(self.project.notebooks, done + 1):
            self.project.config_names_at(notebook)
            yield number
        if gists is not None:
            gists.keep()

    def changed(self) -> None:
        """Files have come, gone or changed: the next look finds them."""
        for name in ("interpreter", "versions", "files", "project"):
            self.__dict__.pop(name, None)

    def state_of(self, paths: Iterable[Path]) -> str:
        """A digest of the content of files, that changes whenever one of them does."""
        found = hashlib.blake2b(digest_size=16)
        for path in paths:
            found.update(f"{path}\0".encode("utf-8", "surrogatepass"))
            found.update(self.shelf.digest_of(path))
        return found.hexdigest()

    @cached_property
    def all_state(self) -> str:
        """A digest of the names, times and sizes of all these files."""
        states = "".join(f"{path}\0{stamp(path)}\n" for path in self.files)
        return hashlib.blake2b(states.encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
