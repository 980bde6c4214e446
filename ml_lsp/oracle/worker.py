"""The process that asks jedi: questions in on stdin, answers out on stdout, one at a time.

It is started by `process.py`, ends with its stdin, and is expendable: whoever asked kills it when it takes
too long. What it is told first is a setup: {"folders": project roots and site-packages, in the order in which
modules are looked for; "own": those of them that are the project's; "version": of Python; "cache": a folder;
"memory": bytes; "patience": seconds}. A question is {"name", "epoch"}; a new epoch says that files have
changed. A reply is {"answer", "files", "retire"}.
"""

from __future__ import annotations

import faulthandler
import importlib
import os
import pickle
import shutil
import sys
import warnings
from pathlib import Path
from typing import Any, BinaryIO

from jedi.plugins import plugin_manager

from ml_lsp.oracle import readings, sealed
from ml_lsp.oracle.absence import absence
from ml_lsp.oracle.frames import BrokenFrame, frame, read_frame
from ml_lsp.oracle.question import UNKNOWN, Answer, to_json
from ml_lsp.oracle.resolve import is_under, resolve

if sys.platform != "win32":
    import resource


def main() -> None:
    """Serve until stdin ends, or until more memory is held than allowed."""
    _step_back()
    questions, answers = _take_pipes()
    setup = read_frame(questions)
    _bound_memory(setup["memory"])
    desk = _Desk(setup)
    answers.write(frame("ready"))
    answers.flush()
    while True:
        try:
            question = read_frame(questions)
        except BrokenFrame:
            return
        # If whoever asked is gone and cannot kill us, we end by ourselves.
        faulthandler.dump_traceback_later(setup["patience"], exit=True, file=sys.stderr)
        reply = desk.reply(question["name"], question["epoch"])
        faulthandler.cancel_dump_traceback_later()
        reply["retire"] = _peak_memory() > setup["memory"] // 2
        answers.write(frame(reply))
        answers.flush()
        if reply["retire"]:
            return


def _step_back() -> None:
    """Run only where nobody else wants the processor: no answer is waited for, the next keystroke is."""
    if sys.platform != "win32":
        os.nice(10)


class _Desk:
    """Where questions are answered: jedi and what it has read in this epoch."""

    def __init__(self, setup: dict[str, Any]) -> None:
        warnings.simplefilter("ignore")
        sys.setrecursionlimit(3000)  # what jedi sets for itself on its public ways in
        self._cache = Path(setup["cache"])
        sealed.seal(self._cache)
        plugin_manager.register(readings)
        self._setup = setup
        self._epoch = -1
        self._state: Any = None

    def reply(self, name: str, epoch: int) -> dict[str, Any]:
        """The answer to one question, and the project's files that had a part in it."""
        self._refresh(epoch)
        answer = to_json(self._answer(name))
        own = self._setup["own"]
        files = {path: at for path, at in sealed.files_read.items() if at[0] and is_under(Path(path), own)}
        return {"answer": answer, "files": files}

    def _refresh(self, epoch: int) -> None:
        if self._state is not None and epoch == self._epoch:
            return
        importlib.invalidate_caches()
        self._state = sealed.open_state(self._setup["folders"], sealed.Version(*self._setup["version"]))
        self._epoch = epoch

    def _answer(self, name: str, again: bool = True) -> Answer:
        try:
            answer = resolve(self._state, name, self._setup["own"])
            return self._missing(name) if answer == UNKNOWN else answer
        except (EOFError, pickle.UnpicklingError):
            # A worker that was killed leaves a module half written in jedi's cache.
            shutil.rmtree(self._cache, ignore_errors=True)
        except Exception as error:  # jedi fails in many ways on code that it has not met before
            print(f"ml-lsp oracle: {name}: {type(error).__name__}: {error}", file=sys.stderr)
            again = False
        self._state = None
        self._refresh(self._epoch)
        return self._answer(name, again=False) if again else UNKNOWN

    def _missing(self, name: str) -> Answer:
        """What is left to say of a name about which jedi finds nothing."""
        found = absence(name, self._setup["folders"], self._setup["own"])
        return Answer("missing", found.module, near=found.near) if found is not None else UNKNOWN


def _take_pipes() -> tuple[BinaryIO, BinaryIO]:
    """The two pipes, out of the reach of anything that prints."""
    questions = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    return questions, answers


def _bound_memory(limit: int) -> None:
    """Make allocations above `limit` bytes fail, where the system can do that."""
    if sys.platform == "win32":
        return
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    # macOS refuses such limits; the check after each answer is what holds there.
    if sys.platform == "linux" and (hard == resource.RLIM_INFINITY or hard > limit):
        resource.setrlimit(resource.RLIMIT_AS, (limit, hard))


def _peak_memory() -> int:
    """The most memory that this process has held, in bytes; 0 where that cannot be told."""
    if sys.platform == "win32":
        return 0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


if __name__ == "__main__":
    main()
