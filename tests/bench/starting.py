"""How long a start looks around a workspace, the first time and later: `python -m tests.bench.starting FOLDER...`.

Each start is a process of its own, with an empty cache before the first. What is measured is what the server does in
the background after its first review: it lists the folder's files and finds out who imports whom, in slices, and
pauses only while an editor has other work for it.
"""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from ml_lsp.server.places import Places
from ml_lsp.workspace import Wishes

STARTS = 3


class NoBar:
    """Progress that nobody sees."""

    def report(self, done: int, of: int, message: str) -> None:
        """Show nothing."""

    def end(self) -> None:
        """Take nothing away."""


async def look_around(folder: Path) -> None:
    """Look around a folder as the server does and print milliseconds of CPU time and by the clock, and files."""
    work: list[asyncio.Task[None]] = []
    over = asyncio.Event()

    def spawn(started: Coroutine[Any, Any, None]) -> None:
        work.append(asyncio.create_task(started))

    places = Places(
        lambda path: folder, lambda path: Wishes(), spawn, lambda path: over.set(), lambda title: NoBar()
    )
    clock, cpu = time.perf_counter(), time.process_time()
    places.of(folder / "any.py")
    await over.wait()
    clock, cpu = time.perf_counter() - clock, time.process_time() - cpu
    files = places.of(folder / "any.py").project.files
    print(f"{cpu * 1e3:6.0f} ms of CPU time, {clock * 1e3:6.0f} ms by the clock, {len(files):,} Python files")
    await places.close()


def main(folders: list[str]) -> None:
    """Print the figures of the starts in each folder."""
    for folder in folders:
        print(folder)
        with tempfile.TemporaryDirectory() as cache:
            for _ in range(STARTS):
                command = [
                    sys.executable,
                    "-m",
                    "tests.bench.starting",
                    "--once",
                    str(Path(folder).resolve()),
                ]
                subprocess.run(command, env={**os.environ, "XDG_CACHE_HOME": cache}, check=True)


if __name__ == "__main__":
    if sys.argv[1] == "--once":
        asyncio.run(look_around(Path(sys.argv[2])))
    else:
        main(sys.argv[1:])
