"""Bytes of a connection to whole messages, and back; the event loop reads, so nothing waits for a thread."""

from __future__ import annotations

import asyncio
import os
import re
import stat
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import BinaryIO

# Several header lines may come in any order; what stands before a header and is none is skipped.
_HEADER = re.compile(rb"Content-Length: *(\d{1,9})\r\n(?:[^\r\n]+\r\n)*\r\n", re.IGNORECASE)
_LONGEST_HEADER = 1 << 12
_CHUNK = 1 << 18

Receive = Callable[[Sequence[bytes]], None]


class Frames:
    """Cuts a stream of bytes into the bodies of messages."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._awaited: int | None = None
        """The length of the body that is being received; None between messages."""

    def feed(self, data: bytes) -> list[bytes]:
        """Take bytes as they come; return the bodies that are complete with them."""
        self._buffer += data
        return list(self._complete())

    def _complete(self) -> Iterator[bytes]:
        while True:
            if self._awaited is None:
                header = _HEADER.search(self._buffer)
                if header is None:
                    del self._buffer[:-_LONGEST_HEADER]
                    return
                self._awaited = int(header[1])
                del self._buffer[: header.end()]
            if len(self._buffer) < self._awaited:
                return
            body = bytes(self._buffer[: self._awaited])
            del self._buffer[: self._awaited]
            self._awaited = None
            yield body


class FileWriter:
    """Writes whole messages to a file, and waits until they are out."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def write(self, data: bytes) -> None:
        """Write one message."""
        self._file.write(data)
        self._file.flush()

    def close(self) -> None:
        """Nothing to do: the file ends with the process."""


async def read_stdin(receive: Receive) -> None:
    """Hand over the messages of standard input until it ends."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader(limit=_CHUNK)
    if _loop_can_read_stdin():
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin.buffer)
    else:
        threading.Thread(target=_read_in_thread, args=(loop, reader), daemon=True).start()
    await _hand_over(reader, receive)


async def serve_socket(host: str, port: int, connect: Callable[[asyncio.StreamWriter], Receive]) -> None:
    """Listen, tell on standard error where, and serve the first client that comes until it leaves."""
    arrived: asyncio.Future[tuple[asyncio.StreamReader, asyncio.StreamWriter]]
    arrived = asyncio.get_running_loop().create_future()

    def welcome(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if arrived.done():
            writer.close()
        else:
            arrived.set_result((reader, writer))

    server = await asyncio.start_server(welcome, host, port, limit=_CHUNK)
    address, bound, *_ = server.sockets[0].getsockname()
    print(f"ml-lsp listens on {address}:{bound}", file=sys.stderr, flush=True)
    reader, writer = await arrived
    server.close()
    await _hand_over(reader, connect(writer))


async def _hand_over(reader: asyncio.StreamReader, receive: Receive) -> None:
    frames = Frames()
    while data := await reader.read(_CHUNK):
        if bodies := frames.feed(data):
            receive(bodies)


def _loop_can_read_stdin() -> bool:
    """Whether the loop can wait for standard input by itself.

    Not on Windows, not for a file, and not where standard output is the same thing (a terminal, one socket
    for both), because what is read without waiting would be written without waiting too.
    """
    if sys.platform == "win32":
        return False
    here = os.fstat(0)
    streams = stat.S_ISFIFO(here.st_mode) or stat.S_ISSOCK(here.st_mode)
    return streams and not os.path.samestat(here, os.fstat(1))


def _read_in_thread(loop: asyncio.AbstractEventLoop, reader: asyncio.StreamReader) -> None:
    while data := os.read(0, _CHUNK):
        loop.call_soon_threadsafe(reader.feed_data, data)
    loop.call_soon_threadsafe(reader.feed_eof)
