"""What was worked out, kept between runs in the user's cache folder: texts by key."""

from __future__ import annotations

import hashlib
import logging
import sqlite3
import sys
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from ml_lsp import __version__

log = logging.getLogger(__name__)

_DAY = 86_400  # seconds
_KEPT_DAYS = 30
_RENEWED_DAYS = 7
_LARGEST = 200_000_000  # bytes; 5,000 files and their results take 20 million
_DROPPED_AT_ONCE = 2_000  # rows, which takes some 10 ms
_PATIENCE = 0.5  # seconds for another process to end its transaction, which takes some ms


def default_file() -> Path:
    """Where things are kept: in the user's cache folder."""
    from platformdirs import user_cache_path

    return user_cache_path("ml-lsp", appauthor=False) / "results-1.sqlite"


class Store:
    """Texts by key, in one SQLite file that several processes may use at once.

    What is put is written by `save`, in one short transaction. What nobody has asked for in a month is dropped.
    A store that cannot be used (a full disk, no right to write) forgets everything: the run is slower, what it
    finds is the same. A file that is torn, or of something else, is made anew. A log line says so.
    """

    def __init__(self, file: Path) -> None:
        self._file = file
        self._fresh: dict[bytes, str] = {}
        self._connection = _open(file)

    def get(self, key: bytes) -> str | None:
        """What was kept under a key."""
        if self._connection is None:
            return None
        try:
            row = self._connection.execute(
                "SELECT value, day < ? FROM results WHERE key = ?", (_today() - _RENEWED_DAYS, key)
            ).fetchone()
        except sqlite3.Error as error:
            self._failed(error)
            return None
        if row is None or not isinstance(row[0], str):
            return None
        if row[1]:
            self._fresh[key] = row[0]
        return row[0]

    def put(self, key: bytes, value: str) -> None:
        """Keep a value under a key from the next `save` on."""
        if self._connection is not None:
            self._fresh[key] = value

    @property
    def waiting(self) -> int:
        """How many values wait for `save`."""
        return len(self._fresh)

    def save(self) -> None:
        """Write what was put; what another process keeps from being written waits for the next time."""
        if self._connection is None or not self._fresh:
            return
        rows = [(key, value, _today()) for key, value in self._fresh.items()]
        try:
            with self._connection:
                self._connection.executemany("INSERT OR REPLACE INTO results VALUES (?, ?, ?)", rows)
        except sqlite3.Error as error:
            self._failed(error)
            self._wait_no_more()
        else:
            self._fresh.clear()

    def close(self) -> None:
        """Write what was put, and let go of the file."""
        self.save()
        self._give_up()

    def _failed(self, error: sqlite3.Error) -> None:
        if _is_busy(error):
            return
        self._give_up()
        log.warning("cannot use the cache %s: %s", self._file, error)
        if _is_torn(error):
            _remove(self._file)  # the next run makes a new one

    def _wait_no_more(self) -> None:
        """Some process writes for ever: waiting for it once was enough."""
        if self._connection is not None:
            self._connection.execute("PRAGMA busy_timeout = 0")

    def _give_up(self) -> None:
        if self._connection is not None:
            self._connection.close()
        self._connection = None
        self._fresh.clear()


def _today() -> int:
    return int(time.time()) // _DAY


def _open(file: Path) -> sqlite3.Connection | None:
    try:
        return _connected(file)
    except (sqlite3.Error, OSError) as error:
        if not _is_torn(error):
            log.warning("cannot use the cache %s: %s", file, error)
            return None
        log.warning("making the cache %s anew: %s", file, error)
    _remove(file)
    try:
        return _connected(file)
    except (sqlite3.Error, OSError) as error:
        log.warning("cannot make the cache %s anew: %s", file, error)
        return None


def _connected(file: Path) -> sqlite3.Connection:
    """A connection to a file whose table is there, without what is old.

    Raises:
        OSError: if there is no place for the file.
        sqlite3.Error: if it is of something else, torn, or too large.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    if file.exists() and not file.is_file():
        raise OSError("it is no file")
    if file.exists() and file.stat().st_size > _LARGEST:
        raise sqlite3.DatabaseError(f"it is larger than {_LARGEST} bytes")
    connection = sqlite3.connect(file, timeout=_PATIENCE)
    try:
        _prepare(connection)
    except sqlite3.Error:
        connection.close()
        raise
    return connection


def _prepare(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = OFF")  # what a power cut loses is worked out again
    connection.execute(
        "PRAGMA cache_size = -500"
    )  # KiB; the operating system keeps the file in memory as well
    with connection:
        connection.execute(
            "CREATE TABLE IF NOT EXISTS results"
            " (key BLOB PRIMARY KEY, value TEXT NOT NULL, day INTEGER NOT NULL)"
        )
        connection.execute("CREATE INDEX IF NOT EXISTS results_by_day ON results (day)")
    connection.execute("SELECT key, value, day FROM results LIMIT 0")  # fails where the table is another
    with suppress(sqlite3.OperationalError), connection:  # another process writes: the next run drops it
        connection.execute(
            "DELETE FROM results WHERE key IN (SELECT key FROM results WHERE day < ? LIMIT ?)",
            (_today() - _KEPT_DAYS, _DROPPED_AT_ONCE),
        )


def _is_busy(error: Exception) -> bool:
    return _code(error) in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _is_torn(error: Exception) -> bool:
    """Whether the file holds something that is not ours; not so if it can only not be read or written now."""
    torn = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR)
    return isinstance(error, sqlite3.Error) and _code(error) in torn


def _code(error: Exception) -> int:
    """SQLite's code of an error; what Python says of itself is that a value is none that we keep."""
    code: int = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_CORRUPT)
    return code & 0xFF  # without what it says beside


def _remove(file: Path) -> None:
    for name in (file.name, f"{file.name}-wal", f"{file.name}-shm"):  # a new file must not find an old log
        with suppress(OSError):  # where it cannot be removed, there is no store
            file.with_name(name).unlink()


def code_stamp(files: Iterable[Path]) -> str:
    """What changes whenever this program does: its version, Python's, and the state of some of its files."""
    states = sorted(
        (str(file), status.st_size, status.st_mtime_ns) for file in files for status in [file.stat()]
    )
    return digest(__version__, sys.version, *map(str, states)).hex()


def digest(*parts: str) -> bytes:
    """A key that no other parts have."""
    found = hashlib.blake2b(digest_size=20)
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass")
        found.update(len(raw).to_bytes(8, "little") + raw)
    return found.digest()
