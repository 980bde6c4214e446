"""The gists of files kept between runs, by content: no file is read through for them twice."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from ml_lsp.semantics import gist as gist_module
from ml_lsp.semantics import notebook_code
from ml_lsp.semantics.gist import Gist, from_json, gist_of, to_json
from ml_lsp.store import Store, code_stamp, digest

State = tuple[int, ...]
"""What a file system says of a file: modification time and change time in ns, size, number."""
ABSENT: State = (0, 0, 0, 0)

_ROWS = 256
"""Values written in one transaction while many are found: it takes a few ms."""
_SETTLED = 2_000_000_000
"""Nanoseconds: the coarsest clock of a file system in use."""


def state_of(path: Path) -> State:
    """The state of a file; ABSENT if there is none."""
    try:
        status = os.stat(path)  # noqa: PTH116  (asked 5,000 times in a row, for which Path.stat takes twice as long)
    except OSError:
        return ABSENT
    return status.st_mtime_ns, status.st_ctime_ns, status.st_size, status.st_ino


class Gists:
    """The gists of files, from a store where it has them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._code = code_stamp([Path(gist_module.__file__), Path(notebook_code.__file__)])

    def of(self, path: Path, state: State, read: Callable[[], str | None]) -> Gist:
        """The gist of a file in a state; `read` gives its text, None if there is none. An empty one of no text."""
        place = digest(self._code, "file", str(path), repr(state))
        known = self._known(self._store.get(place))
        if known is not None:
            return known
        text = read()
        if text is None:
            return Gist()
        content = digest(self._code, "text", text).hex()
        found = self._known(content)
        if found is None:
            found = gist_of(text)
            self._store.put(bytes.fromhex(content), to_json(found))
        if _is_settled(state):
            self._store.put(place, content)
        return found

    def _known(self, content: str | None) -> Gist | None:
        """The gist kept for the text of a digest."""
        try:
            kept = self._store.get(bytes.fromhex(content)) if content is not None else None
        except ValueError:
            return None
        return from_json(kept) if kept is not None else None

    def keep(self) -> None:
        """Write what was found."""
        self._store.save()

    def keep_many(self) -> None:
        """The same if much waits to be written."""
        if self._store.waiting >= _ROWS:
            self._store.save()


def _is_settled(state: State) -> bool:
    """Whether the text that a file has in a state can be no other: any later change gives it another state.

    Not so while the clock of the file system may stand where it stood at the last change (git calls such a file
    "racily clean"), nor on Windows, where no change time tells of a text that came with the old modification time.
    """
    if state == ABSENT or os.name == "nt":
        return False
    return time.time_ns() - max(state[:2]) > _SETTLED
