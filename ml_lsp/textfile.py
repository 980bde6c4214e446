"""Text files read so that they can be written back as they were: encoding, BOM, line ends, mode."""

from __future__ import annotations

import codecs
import io
import os
import shutil
import stat
import tempfile
import tokenize
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

LARGEST = 5_000_000  # bytes; larger files are data, not code
_SNIFFED = 8_192  # bytes looked at for a NUL


class Unreadable(Exception):
    """A file that is not reviewed; the message says why, in words for a person."""


class Unwritable(Exception):
    """A file that cannot be written back without losing something; the message says why."""


@dataclass(frozen=True)
class TextFile:
    """A file's text, with what it takes to write it back. `bom` are the bytes in front of the text."""

    path: Path
    raw: bytes
    text: str
    encoding: str = "utf-8"
    bom: bytes = b""


def read_text(path: Path) -> TextFile:
    """Read a file as Python (PEP 263 coding comment) or, for other suffixes, as UTF-8; line ends are kept.

    Raises:
        Unreadable: if it is no regular file, larger than `LARGEST`, binary, or not in its encoding.
    """
    return decoded(path, _bytes(path))


def decoded(path: Path, raw: bytes) -> TextFile:
    """The text file that holds these bytes; `path` tells by its suffix how its encoding is known.

    Raises:
        Unreadable: if they are binary, or not in their encoding.
    """
    bom = codecs.BOM_UTF8 if raw.startswith(codecs.BOM_UTF8) else b""
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):  # what PowerShell's `>` writes
        raise Unreadable("UTF-16; save the file as UTF-8")
    if b"\0" in raw[:_SNIFFED]:
        raise Unreadable("a binary file")
    may_declare = path.suffix.lower() not in (".ipynb", ".json", ".yaml", ".yml", ".toml")
    encoding = _declared(raw) if may_declare else "utf-8"
    try:
        return TextFile(path, raw, raw[len(bom) :].decode(encoding), encoding, bom)
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start + len(bom)) + 1
        byte = error.object[error.start]
        other = (
            " or name its encoding in the first line, as `# -*- coding: latin-1 -*-`" if may_declare else ""
        )
        raise Unreadable(
            f"line {line} holds the byte 0x{byte:02x}, which is not {encoding.upper()}; save the file as"
            f" UTF-8{other}"
        ) from error
    except (LookupError, ValueError) as error:  # a codec of bytes, as rot13 and zip are
        raise Unreadable(f"its coding comment names {encoding!r}, which is no text encoding") from error


def _bytes(path: Path) -> bytes:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise Unreadable("not a regular file")
        if status.st_size > LARGEST:
            raise Unreadable(f"larger than {LARGEST // 1_000_000} MB ({status.st_size / 1e6:.1f} MB)")
        with path.open("rb") as file:
            return file.read(LARGEST + 1)  # it may have grown since
    except OSError as error:
        raise Unreadable(f"cannot be read: {error.strerror or error}") from error


def _declared(raw: bytes) -> str:
    """The encoding that a Python file declares in its first two lines, else utf-8."""
    try:
        encoding, _ = tokenize.detect_encoding(io.BytesIO(raw).readline)
    except SyntaxError as error:
        if "invalid or missing encoding" in str(error):
            return "utf-8"  # no coding comment: decoding says where the wrong byte is
        raise Unreadable(f"its coding comment cannot be used: {error}") from error
    return "utf-8" if encoding == "utf-8-sig" else encoding


def write_back(file: TextFile, text: str) -> None:
    """Replace the file's text, keeping encoding, BOM and mode; readers see the old file or the new one whole.

    Raises:
        Unwritable: if the file has changed since it was read, its encoding cannot hold the new text or does
            not return the old one unchanged, or the disk refuses.
    """
    raw = _encoded(file, text)
    target = file.path.resolve()  # a link stays a link
    scratch: Path | None = None
    try:
        if target.read_bytes() != file.raw:
            raise Unwritable("it has changed on disk since it was read")
        handle, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent)
        scratch = Path(name)
        with os.fdopen(handle, "wb") as out:
            out.write(raw)
        shutil.copymode(target, scratch)
        scratch.replace(target)
    except OSError as error:
        raise Unwritable(f"cannot be written: {error.strerror or error}") from error
    finally:
        if scratch is not None:
            with suppress(FileNotFoundError):  # gone when it has become the target
                scratch.unlink()


def _encoded(file: TextFile, text: str) -> bytes:
    try:
        if file.bom + file.text.encode(file.encoding) != file.raw:
            raise Unwritable(f"its encoding, {file.encoding}, does not give the same bytes back")
        return file.bom + text.encode(file.encoding)
    except UnicodeEncodeError as error:
        char = error.object[error.start]
        raise Unwritable(f"its encoding, {file.encoding}, has no character {char!r}") from error
