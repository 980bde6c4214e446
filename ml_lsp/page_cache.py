"""Rule pages as read, kept in the user's cache folder: reading 300 pages of YAML takes 400 ms, this 25 ms."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from ml_lsp import __version__

Pages = Mapping[str, Any]


def kept_pages(folder: Path, read: Callable[[], Pages]) -> Pages:
    """The pages of a folder: those kept, if none has come, gone or changed since, else what `read` returns.

    A cache that cannot be read or written is passed over.
    """
    stamp = _stamp(folder)
    file = _file_for(folder)
    pages = _kept(file, stamp)
    if pages is None:
        pages = read()
        _keep(file, stamp, pages)
    return pages


def _stamp(folder: Path) -> str:
    states = [
        (path.relative_to(folder).as_posix(), status.st_size, status.st_mtime_ns)
        for path in sorted(folder.glob("*/*.yaml"))
        for status in [path.stat()]
    ]
    return hashlib.sha256(repr((__version__, states)).encode()).hexdigest()


def _file_for(folder: Path) -> Path:
    from platformdirs import user_cache_path

    name = hashlib.sha256(str(folder).encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return user_cache_path("ml-lsp", appauthor=False) / f"rules-{name}.json"


def _kept(file: Path, stamp: str) -> Pages | None:
    try:
        kept = json.loads(file.read_bytes())
    except (OSError, ValueError, RecursionError):
        return None
    if not isinstance(kept, dict) or kept.get("stamp") != stamp or not isinstance(kept.get("pages"), dict):
        return None
    pages: Pages = kept["pages"]
    return pages


def _keep(file: Path, stamp: str, pages: Pages) -> None:
    try:
        text = json.dumps({"stamp": stamp, "pages": pages})
    except TypeError:  # YAML knows dates, JSON does not
        return
    if json.loads(text)["pages"] != pages:  # nor keys that are numbers
        return
    with suppress(OSError):  # no cache then: the next start takes longer
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, scratch = tempfile.mkstemp(dir=file.parent)
        with os.fdopen(handle, "w", encoding="utf-8") as out:
            out.write(text)
        Path(scratch).replace(file)
