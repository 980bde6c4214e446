"""The settings that hold for each file: the nearest settings file, with what the editor says laid over."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from ml_lsp.catalogue import PAGE_URL, Rule
from ml_lsp.page_form import CatalogueError
from ml_lsp.rulebook import page_files, team_pages
from ml_lsp.settings import FILE_NAMES, Settings, SettingsError, merge, read_settings, selected_rules

SECTION = "mlLsp"

Wishes = Mapping[str, Any]
"""What an editor says under `mlLsp`."""


@dataclass(frozen=True)
class _Read:
    """Settings as read from files; `stamp` tells whether the files are still the same."""

    settings: Settings
    stamp: tuple[object, ...]
    rules: tuple[Rule, ...]


class Configuration:
    """The settings of all folders. What is wrong in them is told once; until then the last good ones hold.

    `shipped` gives the rules that ship; `tell` shows a sentence to the person at the editor.
    """

    def __init__(self, shipped: Callable[[], tuple[Rule, ...]], tell: Callable[[str], None]) -> None:
        self._shipped = shipped
        self._tell = tell
        self._wishes: dict[str, Wishes] = {}
        self._read: dict[Path, _Read] = {}
        self._chosen: dict[Path, tuple[Rule, ...]] = {}
        self._told: set[str] = set()

    def wish(self, wishes: Mapping[str, Any]) -> bool:
        """Take what the editor says, by folder URI (empty for all); return whether it says something new."""
        clean = {uri: said for uri, said in wishes.items() if isinstance(said, Mapping)}
        if clean == self._wishes:
            return False
        self._wishes = clean
        self._forget_choices()
        return True

    def reread(self) -> None:
        """Read the settings files again when they are next needed."""
        for folder, read in list(self._read.items()):
            self._read[folder] = _Read(read.settings, (), read.rules)
        self._forget_choices()

    def recheck(self, path: Path) -> bool:
        """Look whether the settings files of a file, or the rule pages that they name, have changed on disk;
        return whether they have."""
        for folder, read in self._read.items():
            concerned = folder == path.parent or any(
                path.is_relative_to(pages) for pages in read.settings.rules
            )
            if concerned and read.stamp != (*_stamp(folder), *_page_stamps(read.settings.rules)):
                self.reread()
                return True
        return False

    def _forget_choices(self) -> None:
        self._chosen.clear()
        self._told.clear()

    def settings(self, path: Path) -> Settings:
        """The settings that hold for a file."""
        settings = self._of_files(path.parent).settings
        try:
            return merge(settings, self.wishes(path))
        except SettingsError as error:
            self._say(str(error))
            return settings

    def wishes(self, path: Path) -> Wishes:
        """What the editor says about a file: about its folder, else about all."""
        said = self._wishes.get("", {})
        for uri, folder_says in self._wishes.items():
            if uri and path.is_relative_to(_folder(uri)):
                said = folder_says
        interpreter = said.get("interpreter")
        return {**said, "python": interpreter} if interpreter else said

    def on_save_only(self, path: Path) -> bool:
        """Whether a file is reviewed when it is opened and saved, and not while it is typed."""
        return self.wishes(path).get("run") == "onSave"

    def rules(self, path: Path) -> tuple[Rule, ...]:
        """The rules that run on a file, with the severities that the settings give them."""
        if path not in self._chosen:
            read = self._of_files(path.parent)
            self._chosen[path] = selected_rules((*self._shipped(), *read.rules), self.settings(path), path)
        return self._chosen[path]

    def known_rules(self, path: Path) -> tuple[Rule, ...]:
        """All rules that there are for a file, also those that are off."""
        return (*self._shipped(), *self._of_files(path.parent).rules)

    def page_url(self, rule: str, path: Path) -> str:
        """Where the page of a rule that reports something in a file can be read."""
        own = {known.id: known for known in self._of_files(path.parent).rules}
        return own[rule].page_url if rule in own else PAGE_URL.format(id=rule)

    def _of_files(self, folder: Path) -> _Read:
        read = self._read.get(folder)
        if read is None or not read.stamp:
            read = self._read[folder] = self._load(folder, read)
        return read

    def _load(self, folder: Path, last: _Read | None) -> _Read:
        stamp = _stamp(folder)
        try:
            settings = read_settings(folder)
        except SettingsError as error:
            self._say(f"{error} (the settings before stay in force)")
            return replace(last, stamp=stamp) if last else _Read(Settings(root=folder), stamp, ())
        stamp += _page_stamps(settings.rules)
        return _Read(settings, stamp, tuple(self._own_rules(settings)))

    def _own_rules(self, settings: Settings) -> Iterator[Rule]:
        """The rules of the team whose pages are in order; the others are told of."""
        shipped = {rule.id for rule in self._shipped()}
        try:
            for _, found in team_pages(settings.rules, settings.root, shipped):
                if isinstance(found, CatalogueError):
                    self._say(f"{found} (this rule does not run)")
                else:
                    yield found
        except CatalogueError as error:
            self._say(f"{error} (further rules do not run)")

    def names_page(self, paths: Iterable[Path]) -> bool:
        """Whether one of the changed files lies in a folder of rule pages."""
        folders = {folder for read in self._read.values() for folder in read.settings.rules}
        return any(path.resolve().is_relative_to(folder) for path in paths for folder in folders)

    def _say(self, problem: str) -> None:
        if problem not in self._told:
            self._told.add(problem)
            self._tell(problem)


def _folder(uri: str) -> Path:
    from ml_lsp.server.snapshots import path_of

    return path_of(uri)


def _stamp(folder: Path) -> tuple[object, ...]:
    """Which settings files there are for a folder, and when they were written; never empty."""
    return (
        "read",
        *(_file_stamp(place / name) for place in (folder, *folder.parents) for name in FILE_NAMES),
    )


def _page_stamps(folders: Iterable[Path]) -> tuple[object, ...]:
    """Which rule pages there are in a team's folders, and when they were written."""
    return tuple((path, _file_stamp(path)) for folder in folders for path in page_files(folder))


def _file_stamp(file: Path) -> tuple[int, int] | None:
    try:
        status = file.stat()
    except (OSError, ValueError):
        return None
    return status.st_mtime_ns, status.st_size


def names_settings(uris: Iterable[str]) -> bool:
    """Whether one of the changed files is a settings file."""
    return any(uri.rpartition("/")[2] in FILE_NAMES for uri in uris)
