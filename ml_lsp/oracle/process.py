"""One worker process, seen from the event loop that started it."""

from __future__ import annotations

import asyncio
import contextlib
import subprocess
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ml_lsp
from ml_lsp.oracle.frames import BrokenFrame, frame, receive
from ml_lsp.oracle.question import Answer, from_json
from ml_lsp.semantics.files import Stamp

# In seconds. The slowest first question (what torch.load returns) takes 2.6 s on an idle machine, and a busy
# one may need several times that; a question is not asked again after this.
PATIENCE = 20.0
START_PATIENCE = 30.0

# Address space; half of it resident makes the worker retire. What eleven repositories import took at most
# 260 MB resident each.
MEMORY = 1_600_000_000

# -I keeps the working directory, PYTHONPATH and the user's site-packages out of the worker's import path.
_START = "import sys; sys.path.insert(0, sys.argv[1]); from ml_lsp.oracle.worker import main; main()"


class WorkerDied(Exception):
    """The worker ended, or was ended because it took too long, before it had answered."""


class WorkerHung(WorkerDied):
    """The worker was ended because it took too long."""


@dataclass(frozen=True)
class Place:
    """What a worker reads: folders in which modules are looked for, in order, and with which grammar."""

    roots: tuple[Path, ...]
    site_packages: tuple[Path, ...]
    version: tuple[int, int]


@dataclass(frozen=True)
class Reply:
    """An answer; the project's files that may have a part in it, as they were; whether the worker ended."""

    answer: Answer
    files: Mapping[str, Stamp]
    retired: bool


class Worker:
    """A running worker; it answers one question at a time."""

    def __init__(self, process: Process, patience: float) -> None:
        self._process = process
        self._patience = patience

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    async def reply(self, name: str, epoch: int) -> Reply:
        """Ask what `name` is. A new `epoch` makes the worker look at files again.

        Raises:
            WorkerDied: if it died over the question or took too long; it is of no further use then.
        """
        data = await self._exchange({"name": name, "epoch": epoch}, self._patience)
        try:
            files = {path: (time, size) for path, (time, size) in data["files"].items()}
            return Reply(from_json(data["answer"]), files, bool(data["retire"]))
        except (AttributeError, KeyError, TypeError, ValueError) as error:
            raise WorkerDied(f"not a reply: {error}") from error

    async def _exchange(self, value: object, patience: float) -> Any:
        if self._process.stdin is None or self._process.stdout is None:
            raise WorkerDied("no pipes")
        try:
            self._process.stdin.write(frame(value))
            return await asyncio.wait_for(receive(self._process.stdout), patience)
        except TimeoutError as error:
            await self.end()
            raise WorkerHung(f"no answer within {patience} s") from error
        except (BrokenFrame, OSError) as error:
            await self.end()
            raise WorkerDied(f"exit code {self._process.returncode}") from error

    async def end(self) -> None:
        """Kill the worker, if it is still there, and wait for its end."""
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):  # it ended by itself just now
                self._process.kill()
        await self._process.wait()
        if self._process.stdin is not None:
            self._process.stdin.close()


# Windows: run where nobody else wants the processor. Elsewhere the worker asks for that itself.
_STEP_BACK = getattr(subprocess, "BELOW_NORMAL_PRIORITY_CLASS", 0)


async def start(place: Place, cache: Path, patience: float = PATIENCE) -> Worker:
    """Start a worker that reads `place` and keeps what it has parsed in the folder `cache`.

    Raises:
        WorkerDied: if it does not come up.
    """
    cache.mkdir(parents=True, exist_ok=True)
    package = str(Path(ml_lsp.__file__).parent.parent)
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-I",
        "-c",
        _START,
        package,
        stdin=PIPE,
        stdout=PIPE,
        cwd=cache,
        creationflags=_STEP_BACK,
    )
    worker = Worker(process, patience)
    setup = {
        "folders": [str(folder) for folder in (*place.roots, *place.site_packages)],
        "own": [str(folder) for folder in place.roots],
        "version": place.version,
        "cache": str(cache / "parsed"),
        "memory": MEMORY,
        "patience": patience * 3,
    }
    try:
        await worker._exchange(setup, START_PATIENCE)
    except asyncio.CancelledError:
        await worker.end()
        raise
    return worker
