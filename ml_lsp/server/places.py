"""What lies around open files: their workspace's other files and libraries, found out beside the typing."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from ml_lsp.gists import Gists
from ml_lsp.semantics.files import workspace_files
from ml_lsp.semantics.notebook_code import Code
from ml_lsp.semantics.outside import Outside
from ml_lsp.store import Store, default_file
from ml_lsp.workspace import PROJECT_SUFFIXES, Wishes, Workspace

if TYPE_CHECKING:
    from ml_lsp.oracle.client import Oracle
    from ml_lsp.oracle.question import Answer
    from ml_lsp.review import Surroundings
    from ml_lsp.server.progress import Progress

T = TypeVar("T")

log = logging.getLogger(__name__)

SLICE = 0.002
"""Seconds of work between two turns for everything else."""
_PAUSE = 0.004
"""Seconds that everything else has to itself while it has work."""
_TURNS = 5
"""Turns of the event loop that a message takes from the editor to its answer."""
_REQUIRING = ("setup.py", "pyproject.toml")
"""Files of a project that also state what it requires."""
_UNUSED = 0.000_5
"""Seconds of CPU time that so many turns take when nobody has work."""


@dataclass(eq=False)
class Place:
    """A workspace folder as it is known so far; `surroundings` is a new value whenever more is known.

    `changed`: the files whose texts have changed since its files were last listed.
    """

    workspace: Workspace
    surroundings: Surroundings
    changed: set[Path] = field(default_factory=set)
    asked: set[str] = field(default_factory=set)
    oracle: Oracle | None = None


class Places:
    """The workspace folders of open files.

    `folder_of` gives the folder of a file, `wishes` what people say about its interpreter. `spawn` goes on with
    work beside everything else. `changed` is called with a folder when more is known about it. `progress` makes a bar
    with a title for long work.
    """

    def __init__(
        self,
        folder_of: Callable[[Path], Path],
        wishes: Callable[[Path], Wishes],
        spawn: Callable[..., None],
        changed: Callable[[Path], None],
        progress: Callable[[str], Progress],
    ) -> None:
        self._folder_of, self._wishes = folder_of, wishes
        self._spawn, self._changed, self._progress = spawn, changed, progress
        self._places: dict[Path, Place] = {}

    @cached_property
    def _gists(self) -> Gists:
        return Gists(Store(default_file()))

    def of(self, path: Path) -> Surroundings:
        """What is known around a file now; the first question about a folder starts the search for more."""
        return self._place(path).surroundings

    def _place(self, path: Path) -> Place:
        folder = self._folder_of(path)
        if folder not in self._places:
            workspace = Workspace(folder, self._wishes(path))
            self._places[folder] = Place(workspace, workspace.surroundings_unlisted)
            self._spawn(self._list_files(self._places[folder]))
        return self._places[folder]

    async def _list_files(self, place: Place) -> None:
        """Find the files of a folder and who imports whom, in slices, with progress shown if it takes long."""
        workspace, files = place.workspace, list[Path]()
        workspace.shelf.gists = self._gists
        place.changed.clear()
        progress = self._progress("ml-lsp: reading the workspace")
        try:
            async for path in _in_slices(workspace_files(workspace.folder, PROJECT_SUFFIXES)):
                files.append(path)
                progress.report(0, 1, f"{len(files):,} files")
            workspace.listed(files)
            async for done in _in_slices(workspace.learn()):
                progress.report(done, len(files), f"{done:,} of {len(files):,} files")
                if place.workspace is not workspace:  # files have come or gone again
                    return
        finally:
            progress.end()
        project = workspace.project
        for path in place.changed:
            project = project.renewed(path)
        place.surroundings = replace(place.surroundings, project=project)
        self._changed(workspace.folder)

    def text_changed(self, path: Path, text: str | None, cells: tuple[int, ...] = ()) -> bool:
        """A file is open in the editor with this text (None: no longer); return whether that is news to others.

        `cells`: where those of a notebook start.
        """
        if text is None and self._folder_of(path) not in self._places:
            return False
        place = self._place(path)
        shelf = place.workspace.shelf
        before = shelf.digest_of(path)
        if text is None:
            shelf.in_editor.pop(path, None)
        else:
            shelf.in_editor[path] = Code(text, cells)
        if shelf.digest_of(path) == before:
            return False
        _renew(place, path)
        return True

    def imports_of(self, path: Path) -> tuple[Path, ...]:
        """The files of the workspace that import a file, as far as they are listed."""
        project = self._place(path).surroundings.project
        return project.importers(path) if project is not None else ()

    def files_changed(self, paths: Iterable[Path]) -> None:
        """Files came, went or changed on disk: what is known of their folders is found out again.

        What was known stands until then. Where only known files have other texts, nothing else is looked at.
        """
        changed: dict[Path, list[Path]] = {}
        for path in paths:
            changed.setdefault(self._folder_of(path), []).append(path)
        for folder in changed.keys() & self._places.keys():
            place = self._places[folder]
            if _are_known(place, changed[folder]):
                for path in changed[folder]:
                    _renew(place, path)
                self._changed(folder)
            else:
                place.workspace = Workspace(folder, place.workspace.wishes, place.workspace.shelf)
                place.surroundings = replace(place.surroundings, versions=place.workspace.versions)
                self._spawn(self._list_files(place))
            if place.oracle is not None:
                self._spawn(place.oracle.files_changed())

    # ---- the oracle

    def look_up(self, path: Path, names: Iterable[str]) -> None:
        """Look outside names up in the libraries, beside everything else."""
        place = self._place(path)
        wanted = set(names) - place.asked
        if wanted:
            place.asked |= wanted
            self._spawn(self._ask(self._folder_of(path), place, wanted))

    async def _ask(self, folder: Path, place: Place, names: set[str]) -> None:
        from ml_lsp.oracle.client import Oracle
        from ml_lsp.oracle.process import Place as OraclePlace
        from ml_lsp.oracle.question import Question

        chosen = place.workspace.interpreter.interpreter
        if place.oracle is None:
            place.oracle = Oracle(OraclePlace((), chosen.site_packages, chosen.version))
        answers = await place.oracle.ask(Question(name) for name in sorted(names))
        # What a Python lacks that nobody chose says nothing about the one that runs the files.
        skipped = ("unknown", "missing") if chosen.source == "server" else ("unknown",)
        known = {
            question.name: _outside(answer)
            for question, answer in answers.items()
            if answer.kind not in skipped
        }
        if known:
            place.surroundings = replace(place.surroundings, outside={**place.surroundings.outside, **known})
            self._changed(folder)

    async def close(self) -> None:
        """End the helper processes, and keep what was found out since the files were listed."""
        for place in self._places.values():
            if place.oracle is not None:
                await place.oracle.close()
        if "_gists" in self.__dict__:
            self._gists.keep()


def _outside(answer: Answer) -> Outside:
    if answer.kind == "missing":
        return Outside(answer.kind, where=answer.name, near=answer.near)
    return Outside(answer.kind, answer.bases, answer.returns, answer.types)


def _renew(place: Place, changed: Path) -> None:
    """Take the new text of a file."""
    place.changed.add(changed)
    project = place.surroundings.project
    if project is not None:
        place.surroundings = replace(place.surroundings, project=project.renewed(changed))


def _are_known(place: Place, paths: Iterable[Path]) -> bool:
    """Whether these are files of the project that were there before, and are still, and state no requirements."""
    project = place.surroundings.project
    if project is None:
        return False
    known = {*(project.files or ()), *project.notebooks, *project.config_files, *project.script_files}
    return all(path in known and path.is_file() and path.name not in _REQUIRING for path in paths)


async def _in_slices(steps: Iterator[T]) -> AsyncIterator[T]:
    started = time.perf_counter()
    for step in steps:
        yield step
        if time.perf_counter() - started > SLICE:
            if await _others_have_work():
                await asyncio.sleep(_PAUSE)
            started = time.perf_counter()


async def _others_have_work() -> bool:
    """Give everything else its turns; whether it used them."""
    started = time.process_time()
    for _ in range(_TURNS):
        await asyncio.sleep(0)
    return time.process_time() - started > _UNUSED
