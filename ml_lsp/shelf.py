"""The files of a workspace, read when asked for, read again when they change, open editors first."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import TypeVar

from ml_lsp.gists import Gists, State, state_of
from ml_lsp.semantics.config_file import ConfigFile, language_of_config
from ml_lsp.semantics.deployment import NOTES
from ml_lsp.semantics.files import read_text
from ml_lsp.semantics.gist import Gist, config_names_in, gist_of, imported_names
from ml_lsp.semantics.layout import Layout
from ml_lsp.semantics.module import Module, module_of
from ml_lsp.semantics.notebook_code import Code, code_of_file
from ml_lsp.semantics.project import Project
from ml_lsp.semantics.words import holds_any
from ml_lsp.syntax.segments import EMPTY, split

log = logging.getLogger(__name__)

SCRIPT_SUFFIXES = (".sh", ".slurm", ".sbatch", "Makefile")
"""How the names of shell scripts and Makefiles end: they say how programs are started."""

_MOST_KEPT = 8_000_000
"""Characters of Python that are kept to look for words in."""

T = TypeVar("T")
_Stamp = State | Code


@dataclass(eq=False)
class Shelf:
    """Modules and config files by path. `in_editor`, what is open in an editor, counts instead of what is on disk;
    of a notebook it is the joined cells.

    `gists` are those kept between runs; without them every file is read through.
    """

    in_editor: dict[Path, Code] = field(default_factory=dict)
    gists: Gists | None = None
    _gists: dict[Path, tuple[_Stamp, Gist]] = field(default_factory=dict)
    _imports: dict[Path, tuple[_Stamp, tuple[str, ...]]] = field(default_factory=dict)
    _digests: dict[Path, tuple[_Stamp, bytes]] = field(default_factory=dict)
    _mentioned: dict[Path, tuple[_Stamp, dict[tuple[str, ...], bool]]] = field(default_factory=dict)
    _config_names: dict[Path, tuple[_Stamp, frozenset[str]]] = field(default_factory=dict)
    _texts: dict[Path, tuple[_Stamp, str]] = field(default_factory=dict)
    _kept: int = 0
    _modules: dict[Path, tuple[_Stamp, Module | None]] = field(default_factory=dict)
    _configs: dict[Path, tuple[_Stamp, ConfigFile | None]] = field(default_factory=dict)

    def module_at(self, path: Path) -> Module | None:
        """The module in a file; None if it cannot be read."""
        stamp = self._stamp(path)
        known = self._modules.get(path)
        if known is not None and known[0] == stamp:
            return known[1]
        previous = known[1] if known is not None else None
        made = self._read(path, previous)
        self._modules[path] = (stamp, made)
        return made

    def _stamp(self, path: Path) -> _Stamp:
        return self.in_editor[path] if path in self.in_editor else state_of(path)

    def config_at(self, path: Path) -> ConfigFile | None:
        """The YAML, JSON or TOML file at a path; None if it cannot be read.

        While a text in an editor makes no sense, in the middle of an edit, the last one that did stands for it.
        """
        before = self._configs.get(path, (None, None))[1]

        def made(text: str | None) -> ConfigFile | None:
            if text is None:
                return None
            now = ConfigFile(path, text, language_of_config(path) or "yaml")
            is_typed = path in self.in_editor and before is not None
            return before if is_typed and now.is_broken else now

        return self._found_in(path, self._configs, made)

    def _read(self, path: Path, previous: Module | None) -> Module | None:
        code = self._code_at(path)
        if code is None:
            return None
        pieces = split(code.text, previous.split if previous else EMPTY, code.cells)
        module, _ = module_of(pieces, path, previous)
        return module

    def text_at(self, path: Path) -> str | None:
        """The text of a file, of a notebook that of its code; None if it cannot be read."""
        code = self._code_at(path)
        return code.text if code is not None else None

    def _code_at(self, path: Path) -> Code | None:
        if path in self.in_editor:
            return self.in_editor[path]
        try:
            return code_of_file(path, read_text(path))
        except OSError as error:
            log.info("%s", error)
            return None

    def _found_in(
        self, path: Path, known: dict[Path, tuple[_Stamp, T]], look: Callable[[str | None], T]
    ) -> T:
        """What `look` finds in the text of a file, or in None if it cannot be read; remembered in `known`."""
        stamp, found = self._stamp(path), known.get(path)
        if found is None or found[0] != stamp:
            found = known[path] = (stamp, look(self.text_at(path)))
        return found[1]

    def _gist_at(self, path: Path) -> Gist | None:
        """The gist of a file on disk; None of one in an editor, whose text changes while people wait."""
        stamp, known = self._stamp(path), self._gists.get(path)
        if isinstance(stamp, Code):
            return None
        if known is None or known[0] != stamp:
            known = self._gists[path] = (stamp, self._made_gist(path, stamp))
        return known[1]

    def _made_gist(self, path: Path, state: State) -> Gist:
        if self.gists is not None:
            return self.gists.of(path, state, lambda: self.text_at(path))
        text = self.text_at(path)
        return gist_of(text) if text is not None else Gist()

    def imports_at(self, path: Path) -> tuple[str, ...]:
        """The names that a file imports; none if it cannot be read."""
        gist = self._gist_at(path)
        if gist is not None:
            return gist.imports
        return self._found_in(path, self._imports, lambda text: imported_names(text or ""))

    def digest_of(self, path: Path) -> bytes:
        """A digest of the text of a file; empty if it cannot be read."""
        return self._found_in(path, self._digests, _digest)

    def _kept_text(self, path: Path, stamp: _Stamp) -> str | None:
        """The text of a file; small workspaces are read once for all words that are looked for."""
        known = self._texts.get(path)
        if known is not None and known[0] == stamp:
            return known[1]
        text = self.text_at(path)
        self._kept -= len(self._texts.pop(path)[1]) if known is not None else 0
        if text is not None and self._kept + len(text) <= _MOST_KEPT:
            self._texts[path] = (stamp, text)
            self._kept += len(text)
        return text

    def mentions(self, path: Path, words: tuple[str, ...]) -> bool:
        """Whether the text of a file holds one of the words; False if it cannot be read."""
        gist = self._gist_at(path)
        if gist is not None and not gist.may_hold(words):
            return False
        stamp = self._stamp(path)
        known = self._mentioned.get(path)
        if known is None or known[0] != stamp:
            known = self._mentioned[path] = (stamp, {})
        if words not in known[1]:
            text = self._kept_text(path, stamp)
            known[1][words] = text is not None and holds_any(text, words)
        return known[1][words]

    def config_names_at(self, path: Path) -> frozenset[str]:
        """The names of config files that the text of a file holds; none if it cannot be read."""
        gist = self._gist_at(path)
        if gist is not None:
            return gist.config_names
        return self._found_in(path, self._config_names, lambda text: config_names_in(text or ""))

    def project(self, roots: Iterable[Path], files: Iterable[Path] | None = None) -> Project:
        """The project as it is now: `roots` are the folders that imports start from, `files` its files.

        Of those, `.py`, `.ipynb`, `.yaml`, `.yml`, `.json`, `.toml`, shell scripts and `NOTES` count; None: they are
        not listed yet.
        """
        listed = None if files is None else tuple(files)
        return Project(
            Layout(tuple(roots)),
            self.module_at,
            self.imports_at,
            None if listed is None else tuple(path for path in listed if path.suffix == ".py"),
            tuple(path for path in listed or () if language_of_config(path)),
            self.config_at,
            self.mentions,
            self.config_names_at,
            script_files=tuple(path for path in listed or () if path.name.endswith(SCRIPT_SUFFIXES)),
            notes=tuple(path for path in listed or () if path.name.endswith(NOTES)),
            text_at=self.text_at,
            notebooks=tuple(path for path in listed or () if path.suffix == ".ipynb"),
        )


def _digest(text: str | None) -> bytes:
    return b"" if text is None else blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest()
