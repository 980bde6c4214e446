"""The state of a connection: what is open, what was found in it, what is under way. Nothing else changes."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple, cast

from pygls.workspace import Workspace

from ml_lsp.finding import Finding
from ml_lsp.server.client import Client
from ml_lsp.server.documents import encoding_name
from ml_lsp.server.snapshots import LARGEST, Snapshot, owner, take
from ml_lsp.text import Encoding

if TYPE_CHECKING:
    from pathlib import Path

    from ml_lsp.review import Surroundings
    from ml_lsp.server.configuration import Configuration
    from ml_lsp.server.engine import Engine, Steps

log = logging.getLogger(__name__)

AT_ONCE = 0.008
"""Seconds that a review may take inside the handler of the event that asks for it."""


@dataclass(frozen=True)
class Reviewed:
    """What was found in a snapshot, under the settings of one generation."""

    snapshot: Snapshot
    findings: tuple[Finding, ...]
    generation: int


class Shown(NamedTuple):
    """Diagnostics as an editor was told them."""

    version: int | None
    diagnostics: list[dict[str, Any]]


class Session:
    """Open documents, their findings and the reviews under way: one a document, the newest version wins.

    `load` gives the engine when it is first needed. `publish` is called with every finished review,
    and `tell` with a sentence for the person at the editor.
    """

    def __init__(
        self,
        load: Callable[[], Engine],
        publish: Callable[[Reviewed], None],
        tell: Callable[[str], None],
    ) -> None:
        self._load = load
        self._publish = publish
        self._tell = tell
        self.client = Client()
        self.encoding: Encoding = "utf-16"
        self.workspace = Workspace(None)
        self.backlog: Callable[[], int] = lambda: 0
        self.around: Callable[[Path], Surroundings] = _nothing_known
        """What is known around a file."""
        self.ready = asyncio.Event()
        """Set once the editor's settings are known; reviews wait for it."""
        self.touched = asyncio.Event()
        """Set when files or settings have changed since the whole workspace was last reported."""
        self.touched.set()
        self.shown: dict[str, Shown] = {}
        """What was published last, by URI."""
        self.wishes: Mapping[str, Any] = {}
        """What the editor says about settings in `initialize`, before it is asked."""
        self._generation = 0
        self._reviewed: dict[str, Reviewed] = {}
        self._running: dict[str, tuple[Snapshot, asyncio.Task[None]]] = {}

    @cached_property
    def engine(self) -> Engine:
        """The rules and the review, loaded on first use."""
        return self._load()

    def load(self) -> None:
        """Load the engine now, so that the first review need not wait for it."""
        _ = self.engine

    @cached_property
    def configuration(self) -> Configuration:
        """The settings, read on first use."""
        from ml_lsp.server.configuration import Configuration

        configuration = Configuration(lambda: self.engine.rules, self._tell)
        configuration.wish({"": self.wishes})
        return configuration

    def connect(self, client: Client, workspace: Workspace) -> None:
        """The editor has said what it can do; from here on its documents arrive in `workspace`."""
        self.client = client
        self.workspace = workspace
        self.encoding = encoding_name(workspace.position_encoding)

    def owner(self, uri: str) -> str:
        """The notebook of the cell at `uri`, or `uri` itself."""
        return owner(self.workspace, uri)

    def is_open(self, uri: str) -> bool:
        """Whether a file or notebook is open in the editor."""
        return take(self.workspace, uri) is not None

    def snapshot(self, uri: str) -> Snapshot | None:
        """The file, or the notebook of the cell, at `uri` as it stands; None if it is not to be reviewed."""
        return take(self.workspace, self.owner(uri))

    def open_snapshots(self) -> list[Snapshot]:
        """All files and notebooks that are open."""
        uris = {self.owner(document.uri) for document in self.workspace.text_documents.values()}
        taken = (take(self.workspace, uri) for uri in uris)
        return [snapshot for snapshot in taken if snapshot]

    def last(self, uri: str) -> Reviewed | None:
        """The last finished review of a file or notebook, of whatever version."""
        return self._reviewed.get(uri)

    def forget(self, uri: str) -> None:
        """A file or notebook was closed."""
        self._drop(uri)
        if (done := self._reviewed.pop(uri, None)) is not None:
            self.engine.memory.forget(done.snapshot.path)

    def outdated(self, snapshot: Snapshot) -> None:
        """What was found in a snapshot is no longer what would be found."""
        self._reviewed.pop(snapshot.uri, None)

    def settings_changed(self) -> None:
        """What was found is no longer what would be found; what is under way is dropped."""
        self._generation += 1
        self.touched.set()
        self.stop()

    async def current(self, snapshot: Snapshot) -> Reviewed | None:
        """The findings of a snapshot; None if a newer version came before they were there."""
        done = self._done(snapshot) or self.review(snapshot)
        if done is not None:
            return done
        _, task = self._running[snapshot.uri]
        await asyncio.wait([task])
        return self._done(snapshot)

    def _done(self, snapshot: Snapshot) -> Reviewed | None:
        done = self._reviewed.get(snapshot.uri)
        fresh = done and done.generation == self._generation and _same(done.snapshot, snapshot)
        return done if fresh else None

    def review(self, snapshot: Snapshot) -> Reviewed | None:
        """Review a snapshot in place of any older version of it.

        A short review is finished on return, and its result returned; but not while later messages of the
        client wait, which may bring a newer version. A longer one goes on in slices, with a turn for
        everything else after each.
        """
        running = self._running.get(snapshot.uri)
        if running and _same(running[0], snapshot):
            return None
        self._drop(snapshot.uri)
        if self.ready.is_set() and not self.backlog():
            steps = self._steps(snapshot)
            if (done := self._at_once(snapshot, steps)) is not None:
                return done
        else:
            steps = None
        task = asyncio.create_task(self._in_slices(snapshot, steps))
        self._running[snapshot.uri] = (snapshot, task)
        return None

    def _at_once(self, snapshot: Snapshot, steps: Steps) -> Reviewed | None:
        until = time.perf_counter() + AT_ONCE
        while time.perf_counter() < until:
            findings = self._next(snapshot, steps)
            if findings is not None:
                return self._finish(snapshot, findings)
        return None

    async def _in_slices(self, snapshot: Snapshot, steps: Steps | None) -> None:
        await self.ready.wait()
        steps = steps or self._steps(snapshot)
        while True:
            await asyncio.sleep(0)
            findings = self._next(snapshot, steps)
            if findings is not None:
                self._running.pop(snapshot.uri, None)
                self._finish(snapshot, findings)
                return

    def _next(self, snapshot: Snapshot, steps: Steps) -> tuple[Finding, ...] | None:
        """Go one slice on; the findings when it was the last. A review that fails finds nothing."""
        try:
            next(steps)
        except StopIteration as end:
            return cast("tuple[Finding, ...]", end.value)
        except Exception:
            log.exception("the review of %s failed", snapshot.uri)
            return ()
        return None

    def _steps(self, snapshot: Snapshot) -> Steps:
        if len(snapshot.text) > LARGEST:
            log.warning("%s is longer than %d characters and is not reviewed", snapshot.uri, LARGEST)
            return _nothing()
        rules = self.configuration.rules(snapshot.path)
        return self.engine.steps(snapshot.reviewable(), rules, self.around(snapshot.path))

    def _finish(self, snapshot: Snapshot, findings: tuple[Finding, ...]) -> Reviewed:
        done = Reviewed(snapshot, findings, self._generation)
        self._reviewed[snapshot.uri] = done
        self._publish(done)
        return done

    def _drop(self, uri: str) -> None:
        if (running := self._running.pop(uri, None)) is not None:
            running[1].cancel()

    def stop(self) -> None:
        """Drop all reviews that are under way."""
        for uri in list(self._running):
            self._drop(uri)


def _same(one: Snapshot, other: Snapshot) -> bool:
    return one.version == other.version and one.text == other.text


def _nothing_known(path: Path) -> Surroundings:
    from ml_lsp.review import Surroundings

    return Surroundings()


def _nothing() -> Steps:
    yield
    return ()
