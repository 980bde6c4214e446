"""How the server and its worker speak: JSON values, each behind its length in four bytes."""

from __future__ import annotations

import json
import struct
from asyncio import StreamReader
from typing import Any, BinaryIO

_LENGTH = struct.Struct(">I")

# Far more than any answer needs; a length above it means that the other side is not what we think.
LARGEST = 4_000_000


class BrokenFrame(EOFError):
    """The other side is gone, or what came from it is not a frame."""


def frame(value: object) -> bytes:
    """`value` as bytes for the pipe."""
    body = json.dumps(value, separators=(",", ":")).encode()
    return _LENGTH.pack(len(body)) + body


def read_frame(stream: BinaryIO) -> Any:
    """The next value of a blocking stream.

    Raises:
        BrokenFrame: at the end of the stream, or if what comes is not a frame.
    """
    return _decode(_read(stream, _length(_read(stream, _LENGTH.size))))


async def receive(stream: StreamReader) -> Any:
    """The next value of an asyncio stream.

    Raises:
        BrokenFrame: as `read_frame`.
    """
    try:
        size = _length(await stream.readexactly(_LENGTH.size))
        return _decode(await stream.readexactly(size))
    except EOFError as error:
        raise BrokenFrame("the stream ended") from error


def _read(stream: BinaryIO, size: int) -> bytes:
    data = stream.read(size)
    if len(data) < size:
        raise BrokenFrame("the stream ended")
    return data


def _length(head: bytes) -> int:
    size: int = _LENGTH.unpack(head)[0]
    if size > LARGEST:
        raise BrokenFrame(f"a frame of {size} bytes")
    return size


def _decode(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError as error:
        raise BrokenFrame("a frame that is not JSON") from error
