"""Standard output and standard error, written to so that no text and no terminal is too much."""

from __future__ import annotations

import os
import sys
from typing import TextIO


def shows_colours(out: TextIO) -> bool:
    """Whether a person reads it in a terminal that shows colours (https://no-color.org)."""
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return out.isatty() and os.environ.get("TERM") != "dumb"


def write(text: str, out: TextIO, *, as_text: bool) -> None:
    """Write a report, in the encoding of `out` if people read it, else in UTF-8; what that cannot hold is
    escaped."""
    encoding = out.encoding if as_text and out.encoding else "utf-8"
    send(text.encode(encoding, "backslashreplace"), out)


def send(raw: bytes, out: TextIO) -> None:
    """Write bytes after whatever was written before."""
    out.flush()
    out.buffer.write(raw)
    out.buffer.flush()


def say(message: str) -> None:
    """A line on stderr, where it disturbs no report."""
    send((message + "\n").encode(sys.stderr.encoding or "utf-8", "backslashreplace"), sys.stderr)
