"""What lies around open files: their workspace's other files and libraries, found out beside the typing."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from ml_lsp.semantics.files import workspace_files
from ml_lsp.workspace import PROJECT_SUFFIXES, Wishes, Workspace

if TYPE_CHECKING:
    from ml_lsp.oracle.client import Oracle
    from ml_lsp.review import Surroundings

log = logging.getLogger(__name__)

SLICE = 0.004
"""Seconds of work between two turns for everything else."""


@dataclass(eq=False)
class Place:
    """A workspace folder as it is known so far; `surroundings` is a new value whenever more is known."""

    workspace: Workspace
    surroundings: Surroundings
    asked: set[str] = field(default_factory=set)
    oracle: Oracle | None = None


class Places:
    """The workspace folders of open files.

    `folder_of` gives the folder of a file, `wishes` what people say about its interpreter. `spawn` goes on with
    work beside everything else. `changed` is called with a folder when more is known about it.
    """

    def __init__(
        self,
        folder_of: Callable[[Path], Path],
        wishes: Callable[[Path], Wishes],
        spawn: Callable[..., None],
        changed: Callable[[Path], None],
    ) -> None:
        self._folder_of, self._wishes = folder_of, wishes
        self._spawn, self._changed = spawn, changed
        self._places: dict[Path, Place] = {}

    def of(self, path: Path) -> Surroundings:
        """What is known around a file now; the first question about a folder starts the search for more."""
        return self._place(path).surroundings

    def _place(self, path: Path) -> Place:
        folder = self._folder_of(path)
        if folder not in self._places:
            workspace = Workspace(folder, self._wishes(path))
            self._places[folder] = Place(workspace, workspace.surroundings_unlisted)
            self._spawn(self._list_files(folder))
        return self._places[folder]

    async def _list_files(self, folder: Path) -> None:
        """Find the files of a folder and who imports whom, in slices."""
        place = self._places[folder]
        files: list[Path] = []
        async for path in _in_slices(workspace_files(folder, PROJECT_SUFFIXES)):
            files.append(path)
            if path.suffix == ".py":
                place.workspace.shelf.imports_at(path)
        if self._places.get(folder) is place:
            place.workspace.listed(files)
            project = place.workspace.surroundings.project
            place.surroundings = replace(place.surroundings, project=project)
            self._changed(folder)

    def texts_changed(self, path: Path, text: str | None) -> None:
        """A file is open in the editor with this text (None: no longer); what others see of it changes."""
        place = self._place(path)
        shelf = place.workspace.shelf
        if text is None:
            shelf.open_texts.pop(path, None)
        else:
            shelf.open_texts[path] = text
        project = place.surroundings.project
        if project is not None:
            place.surroundings = replace(place.surroundings, project=project.renewed())

    def imports_of(self, path: Path) -> tuple[Path, ...]:
        """The files of the workspace that import a file, as far as they are listed."""
        project = self._place(path).surroundings.project
        return project.importers(path) if project is not None else ()

    def files_changed(self, paths: Iterable[Path]) -> None:
        """Files came, went or changed on disk: what is known of their folders is found out again."""
        for folder in {self._folder_of(path) for path in paths} & self._places.keys():
            place = self._places.pop(folder)
            fresh = Workspace(folder, place.workspace.wishes, place.workspace.shelf)
            self._places[folder] = Place(fresh, fresh.surroundings_unlisted, oracle=place.oracle)
            self._spawn(self._list_files(folder))
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
        from ml_lsp.semantics.outside import Outside

        if place.oracle is None:
            chosen = place.workspace.interpreter.interpreter
            place.oracle = Oracle(OraclePlace((), chosen.site_packages, chosen.version))
        answers = await place.oracle.ask(Question(name) for name in sorted(names))
        known = {
            question.name: Outside(answer.kind, answer.bases, answer.returns, answer.types)
            for question, answer in answers.items()
            if answer.kind != "unknown"
        }
        if known and self._places.get(folder) is place:
            place.surroundings = replace(place.surroundings, outside={**place.surroundings.outside, **known})
            self._changed(folder)

    async def close(self) -> None:
        """End the helper processes."""
        for place in self._places.values():
            if place.oracle is not None:
                await place.oracle.close()


async def _in_slices(steps: Iterator[Path]) -> AsyncIterator[Path]:
    started = time.perf_counter()
    for step in steps:
        yield step
        if time.perf_counter() - started > SLICE:
            await asyncio.sleep(SLICE)  # as long for others as for this
            started = time.perf_counter()
