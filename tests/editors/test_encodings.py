"""The same file gives the same findings to clients that count in bytes, UTF-16 units and characters."""

import json
import subprocess
from pathlib import Path
from typing import IO

import pytest
from editor_samples import PLACES, TEXT, Place, windows


def send(stream: IO[bytes], message: dict[str, object]) -> None:
    """Write one message of the protocol."""
    body = json.dumps({"jsonrpc": "2.0", **message}).encode()
    stream.write(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    stream.flush()


def receive(stream: IO[bytes]) -> dict[str, dict[str, object]]:
    """Read one message of the protocol."""
    length = 0
    while line := stream.readline().strip():
        name, _, value = line.partition(b":")
        length = int(value) if name.lower() == b"content-length" else length
    return json.loads(stream.read(length))


def findings(text: str, encoding: str, environment: dict[str, str], folder: Path) -> tuple[str, list[Place]]:
    """The encoding that the server chose, and where its findings in `text` are."""
    server = subprocess.Popen(
        ["ml-lsp", "server"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, cwd=folder
    )
    assert server.stdin and server.stdout
    offered = {"general": {"positionEncodings": [encoding]}}
    parameters = {"processId": None, "rootUri": folder.as_uri(), "capabilities": offered}
    send(server.stdin, {"id": 1, "method": "initialize", "params": parameters})
    chosen = receive(server.stdout)["result"]["capabilities"]["positionEncoding"]
    send(server.stdin, {"method": "initialized", "params": {}})
    document = {"uri": (folder / "a.py").as_uri(), "languageId": "python", "version": 1, "text": text}
    send(server.stdin, {"method": "textDocument/didOpen", "params": {"textDocument": document}})
    while (message := receive(server.stdout)).get("method") != "textDocument/publishDiagnostics":
        pass
    server.kill()
    server.communicate()
    ranges = [found["range"] for found in message["params"]["diagnostics"]]
    return chosen, [
        Place(found["start"]["line"], found["start"]["character"], found["end"]["character"])
        for found in ranges
    ]


@pytest.mark.parametrize("encoding", PLACES)
@pytest.mark.parametrize("text", [TEXT, windows(TEXT)], ids=["LF", "CRLF"])
def test_ranges(encoding: str, text: str, environment: dict[str, str], tmp_path: Path) -> None:
    assert findings(text, encoding, environment, tmp_path) == (encoding, list(PLACES[encoding]))


@pytest.mark.parametrize("encoding", PLACES)
def test_places_are_what_they_say(encoding: str) -> None:
    units = {"utf-8": (1, "utf-8"), "utf-16": (2, "utf-16-le"), "utf-32": (4, "utf-32-le")}
    size, codec = units[encoding]
    for line, start, end in PLACES[encoding]:
        covered = TEXT.split("\n")[line].encode(codec)[start * size : end * size]
        assert covered.decode(codec) == "yaml.load"
