"""Answers kept on disk, so that the next start asks nothing twice.

One file per interpreter, set of installed packages, project roots and version of ours. An answer about a
module of the project holds as long as the files it was read from are what they were.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ml_lsp import __version__
from ml_lsp.oracle.process import Place
from ml_lsp.oracle.question import Answer, from_json, to_json
from ml_lsp.semantics.files import Stamp, stamp

_log = logging.getLogger(__name__)

# To be raised when an answer to the same question comes out differently.
_FORMAT = 2


@dataclass(frozen=True)
class Entry:
    """An answer and the project files it rests on, each with its stamp when it was read."""

    answer: Answer
    files: Mapping[str, Stamp]

    def holds(self) -> bool:
        """Whether those files are still what they were."""
        return all(stamp(path) == known for path, known in self.files.items())


def cache_file(folder: Path, place: Place, versions: Mapping[str, str]) -> Path:
    """The file for the answers of one place, in which the packages `versions` are installed."""
    key = [
        __version__, _FORMAT, place.version, [str(path) for path in (*place.roots, "", *place.site_packages)],
        sorted(versions.items()),
    ]  # fmt: skip
    digest = hashlib.sha256(json.dumps(key).encode()).hexdigest()
    return folder / "answers" / f"{digest[:32]}.json"


def load(path: Path) -> dict[str, Entry]:
    """The entries of a cache file, by name; none if the file is missing, and a log line if it is broken."""
    try:
        data = json.loads(path.read_bytes())
        files = [(str(name), (int(time), int(size))) for name, time, size in data["files"]]
        return {
            name: Entry(from_json(answer), dict(files[index] for index in used))
            for name, (answer, used) in data["answers"].items()
        }
    except FileNotFoundError:
        return {}
    except (OSError, ValueError, TypeError, LookupError, AttributeError, RecursionError) as error:
        _log.warning("ignoring the broken cache %s: %s", path, error)
        return {}


def save(path: Path, entries: Mapping[str, Entry]) -> None:
    """Add `entries` to a cache file; readers see the old file or the new one, never half of one.

    What another process has added meanwhile is kept. That the file cannot be written is a log line.
    """
    text = json.dumps(_to_json({**load(path), **entries}))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, suffix=".part")
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        Path(temporary).replace(path)
    except OSError as error:
        _log.warning("cannot keep answers in %s: %s", path, error)


def _to_json(entries: Mapping[str, Entry]) -> dict[str, Any]:
    """Entries with their files numbered: many answers rest on the same ones."""
    numbers: dict[tuple[str, Stamp], int] = {}
    answers = {}
    for name, entry in entries.items():
        used = [numbers.setdefault(file, len(numbers)) for file in entry.files.items()]
        answers[name] = (to_json(entry.answer), used)
    return {"files": [(path, *at) for path, at in numbers], "answers": answers}
