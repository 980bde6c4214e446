"""Asking, from the server's event loop or from a command; remembering what was answered.

A question is answered from memory, from the cache on disk, or by the worker. Nobody waits for the worker but
who awaits `Oracle.ask`, and nothing raises because of it: what cannot be found out is `UNKNOWN`.
"""

from __future__ import annotations

import asyncio
import logging
from asyncio import Future
from collections import deque
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

import platformdirs

from ml_lsp.oracle import cache, process
from ml_lsp.oracle.cache import Entry
from ml_lsp.oracle.interpreter import installed_versions
from ml_lsp.oracle.process import Place, Worker, WorkerDied, WorkerHung
from ml_lsp.oracle.question import UNKNOWN, Answer, Question

_log = logging.getLogger(__name__)

# A question over which this many workers died is not asked again.
_DEATHS_PER_QUESTION = 2
# After this many deaths without an answer in between, who waits is told that nothing is known.
_DEATHS_IN_A_ROW = 5
_LONGEST_PAUSE = 5.0


def cache_folder() -> Path:
    """The user's cache folder for everything the oracle keeps."""
    return Path(platformdirs.user_cache_dir("ml-lsp")) / "oracle"


def ask_now(
    questions: Iterable[Question], place: Place, folder: Path | None = None
) -> dict[Question, Answer]:
    """Answer all `questions`, however long it takes; for commands, where no event loop runs."""

    async def ask() -> dict[Question, Answer]:
        oracle = Oracle(place, folder)
        try:
            return await oracle.ask(questions)
        finally:
            await oracle.close()

    return asyncio.run(ask())


class Oracle:
    """Answers about one place, for one event loop. Its worker starts with the first question it must ask."""

    def __init__(self, place: Place, folder: Path | None = None, patience: float = process.PATIENCE) -> None:
        """`folder` holds the cache (default: `cache_folder()`); `patience` is in seconds, per question."""
        self.place = place
        self._folder = folder or cache_folder()
        self._patience = patience
        self._known: dict[Question, Entry] = {}
        self._unsaved: dict[str, Entry] = {}
        self._file: Path | None = None
        self._waiting: dict[Question, Future[Answer]] = {}
        self._queue: deque[Question] = deque()
        self._deaths: dict[Question, int] = {}
        self._deaths_in_a_row = 0
        self._epoch = 0
        self._worker: Worker | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def worker_pid(self) -> int | None:
        """The process id of the worker, while there is one; for people who look into what runs."""
        return self._worker.pid if self._worker else None

    def remembered(self, questions: Iterable[Question]) -> dict[Question, Answer]:
        """The answers that are in memory; never waits, reads no file."""
        return {question: self._known[question].answer for question in questions if question in self._known}

    async def ask(self, questions: Iterable[Question]) -> dict[Question, Answer]:
        """Answer all `questions`, in the end; others may go on asking meanwhile."""
        if self._file is None:
            await self._read_cache()
        wanted = list(dict.fromkeys(questions))
        answers = self.remembered(wanted)
        futures = {question: self._future(question) for question in wanted if question not in answers}
        if futures:
            if self._task is None or self._task.done():
                self._task = asyncio.create_task(self._work())
            # Unlike gather, this leaves the futures alone when the caller is cancelled: others may wait too.
            await asyncio.wait(futures.values())
        return answers | {question: future.result() for question, future in futures.items()}

    async def files_changed(self) -> None:
        """Files of the project or installed packages have changed: forget what does not hold any longer."""
        self._epoch += 1
        self._deaths_in_a_row = 0
        self._deaths.clear()
        await self._save()
        await self._read_cache()

    async def close(self) -> None:
        """End the worker, write the cache. Whoever still waits gets `UNKNOWN`."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])
        if self._worker is not None:
            await self._worker.end()
            self._worker = None
        self._give_up()
        await self._save()

    def _future(self, question: Question) -> Future[Answer]:
        if question not in self._waiting:
            self._waiting[question] = asyncio.get_running_loop().create_future()
            self._queue.append(question)
        return self._waiting[question]

    async def _work(self) -> None:
        """Ask what is queued; then save, and end. What is queued while saving is asked as well."""
        while self._queue:
            await self._ask_next()
            if not self._queue:
                await self._save()

    async def _ask_next(self) -> None:
        question = self._queue.popleft()
        try:
            if self._worker is None:
                self._worker = await self._start(question)
            await self._put(question, self._worker)
        except WorkerDied as error:
            self._worker = None
            self._deaths_in_a_row += 1
            if self._deaths_in_a_row >= _DEATHS_IN_A_ROW:
                _log.error("the worker keeps dying (%s); going on without it", error)
                self._give_up()
            else:
                await asyncio.sleep(min(0.05 * 2**self._deaths_in_a_row, _LONGEST_PAUSE))

    async def _start(self, question: Question) -> Worker:
        """Start a worker; that it does not come up is not the fault of `question`, which stays queued."""
        try:
            return await process.start(self.place, self._folder, self._patience)
        except (WorkerDied, OSError) as error:
            self._queue.appendleft(question)
            raise WorkerDied(f"it does not start: {error}") from error

    async def _put(self, question: Question, worker: Worker) -> None:
        """Put one question to the worker, and remember what it says or that it died over it."""
        epoch = self._epoch
        try:
            reply = await worker.reply(question.name, epoch)
        except WorkerDied as error:
            self._bury(question, error)
            raise
        self._deaths_in_a_row = 0
        if reply.retired:
            await worker.end()
            self._worker = None
        if epoch != self._epoch:  # files changed under the question
            self._queue.append(question)
            return
        own = _is_own(question, self.place.roots)
        self._settle(question, Entry(reply.answer, reply.files if own else {}))

    def _bury(self, question: Question, error: WorkerDied) -> None:
        """A worker died over `question`: it is asked once more, or, if the worker hung, not again."""
        deaths = self._deaths[question] = self._deaths.get(question, 0) + 1
        if isinstance(error, WorkerHung) or deaths >= _DEATHS_PER_QUESTION:
            _log.warning("no answer about %s: %s", question.name, error)
            self._settle(question, Entry(UNKNOWN, {}))
        else:
            self._queue.append(question)

    def _settle(self, question: Question, entry: Entry) -> None:
        """Remember an answer and hand it to who waits for it."""
        self._known[question] = entry
        self._unsaved[question.name] = entry
        future = self._waiting.pop(question, None)
        if future is not None and not future.done():
            future.set_result(entry.answer)

    def _give_up(self) -> None:
        """Let nobody wait any longer; what they asked may be asked again."""
        self._queue.clear()
        for future in self._waiting.values():
            if not future.done():
                future.set_result(UNKNOWN)
        self._waiting.clear()

    async def _read_cache(self) -> None:
        """Remember what is on disk for the packages that are installed now and the files as they are."""
        epoch = self._epoch
        file, known = await asyncio.to_thread(_valid_entries, self._folder, self.place)
        if epoch == self._epoch:
            self._file, self._known = file, known

    async def _save(self) -> None:
        if self._file is None or not self._unsaved:
            return
        entries = dict(self._unsaved)
        await asyncio.to_thread(cache.save, self._file, entries)
        # Only now, and only these: the task may be cancelled while it waits, or an answer come in.
        self._unsaved = {name: entry for name, entry in self._unsaved.items() if entries.get(name) != entry}


def _valid_entries(folder: Path, place: Place) -> tuple[Path, dict[Question, Entry]]:
    """The cache file of `place` as it is now, and the entries in it that hold."""
    _is_own_package.cache_clear()
    file = cache.cache_file(folder, place, installed_versions(place.site_packages))
    known = {Question(name): entry for name, entry in cache.load(file).items()}
    return file, {
        question: entry
        for question, entry in known.items()
        # An answer about the project that rests on no file may have been given before the file was there.
        if entry.holds() and (entry.files or not _is_own(question, place.roots))
    }


def _is_own(question: Question, roots: tuple[Path, ...]) -> bool:
    """Whether the question is about a module of the project."""
    return _is_own_package(question.name.partition(".")[0], roots)


@lru_cache(maxsize=1000)
def _is_own_package(package: str, roots: tuple[Path, ...]) -> bool:
    """Whether a root holds a module or folder of that name."""
    return any((root / package).is_dir() or (root / f"{package}.py").is_file() for root in roots)
