"""How the server is started: what it loads, and the ways that bytes come to it."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.server.wire_client import ROOT, WORD_SERVER, frame

ENV = {"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"}
HEAVY = ("libcst", "jedi", "rich", "yaml", "pathspec", "ml_lsp.catalogue", "ml_lsp.review", "ml_lsp.settings")
DIALOGUE = [
    {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"processId": None, "capabilities": {}}},
    {"jsonrpc": "2.0", "method": "initialized", "params": {}},
    {"jsonrpc": "2.0", "id": 2, "method": "shutdown", "params": None},
    {"jsonrpc": "2.0", "method": "exit", "params": None},
]


def answers(stream: bytes) -> list[dict[str, Any]]:
    """The bodies of all messages in a stream that holds whole ones."""
    found = []
    while stream:
        header, _, rest = stream.partition(b"\r\n\r\n")
        length = int(header.split(b"\r\n")[0].split(b":")[1])
        found.append(json.loads(rest[:length]))
        stream = rest[length:]
    return found


def test_the_answer_to_initialize_loads_nothing_that_it_does_not_need() -> None:
    code = (
        "import asyncio, json, sys\n"
        "from ml_lsp.server import app\n"
        "class Writer:\n"
        "    def write(self, data): pass\n"
        "async def main():\n"
        "    server = app.create(app._load_engine)\n"
        "    server.protocol.set_writer(Writer())\n"
        f"    server.protocol.receive([json.dumps({DIALOGUE[0]!r}).encode()])\n"
        "    assert server.session.client is not None and server.workspace is not None\n"
        "asyncio.run(main())\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules])\n"
    )
    done = subprocess.run([sys.executable, "-c", code], env=ENV, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_messages_may_come_from_a_file(tmp_path: Path) -> None:
    file = tmp_path / "messages"
    file.write_bytes(b"".join(map(frame, DIALOGUE)))
    with file.open("rb") as stdin:
        command = [sys.executable, str(WORD_SERVER)]
        done = subprocess.run(command, stdin=stdin, capture_output=True, env=ENV, timeout=20, check=True)
    assert [said["id"] for said in answers(done.stdout)] == [1, 2]


def test_one_socket_may_be_input_and_output() -> None:
    ours, theirs = socket.socketpair()
    command = [sys.executable, str(WORD_SERVER)]
    with theirs, subprocess.Popen(command, stdin=theirs, stdout=theirs, env=ENV) as process:
        theirs.close()
        ours.sendall(b"".join(map(frame, DIALOGUE)))
        assert [said["id"] for said in answers(read_all(ours))] == [1, 2]
        assert process.wait(20) == 0


def test_an_editor_may_connect_over_tcp() -> None:
    command = [sys.executable, str(WORD_SERVER), "0"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, env=ENV) as process:
        assert process.stderr
        told = process.stderr.readline()
        assert told.startswith("ml-lsp listens on 127.0.0.1:")
        with socket.create_connection(("127.0.0.1", int(told.rpartition(":")[2]))) as connection:
            connection.sendall(b"".join(map(frame, DIALOGUE[:3])))
            connection.shutdown(socket.SHUT_WR)
            assert [said["id"] for said in answers(read_all(connection))] == [1, 2]
        assert process.wait(20) == 0


def test_what_is_printed_does_not_come_between_the_messages(tmp_path: Path) -> None:
    printing = WORD_SERVER.read_text().replace('"""Find the words."""', 'print("x" * 100)')
    file = tmp_path / "printing.py"
    file.write_text(printing)
    item = {"uri": "file:///a.py", "languageId": "python", "version": 1, "text": "BAD"}
    opening = {"jsonrpc": "2.0", "method": "textDocument/didOpen", "params": {"textDocument": item}}
    asking = {
        "jsonrpc": "2.0",
        "id": 3,
        "method": "textDocument/hover",
        "params": {"textDocument": {"uri": item["uri"]}, "position": {"line": 0, "character": 0}},
    }
    messages = b"".join(map(frame, [*DIALOGUE[:2], opening, asking]))
    command = [sys.executable, str(file)]
    done = subprocess.run(command, input=messages, capture_output=True, env=ENV, timeout=20, check=True)
    assert all(said["jsonrpc"] == "2.0" for said in answers(done.stdout))


def read_all(connection: socket.socket) -> bytes:
    """Everything the other side sends until it closes."""
    connection.settimeout(20)
    pieces = []
    while piece := connection.recv(65536):
        pieces.append(piece)
    return b"".join(pieces)
