"""A small JSON-RPC client for tests that look at the wire: versions, bursts, cancellation, bad input."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

WORD_SERVER = Path(__file__).with_name("word_server.py")
ROOT = Path(__file__).parents[2]
PATIENCE = 20.0
SILENCE, REFUSED = object(), object()

FULL = {
    "textDocument": {
        "publishDiagnostics": {
            "relatedInformation": True,
            "versionSupport": True,
            "codeDescriptionSupport": True,
            "dataSupport": True,
            "tagSupport": {"valueSet": [1, 2]},
        },
        "codeAction": {
            "dataSupport": True,
            "isPreferredSupport": True,
            "resolveSupport": {"properties": ["edit"]},
            "codeActionLiteralSupport": {"codeActionKind": {"valueSet": ["quickfix", "source"]}},
        },
        "hover": {"contentFormat": ["markdown", "plaintext"]},
    },
    "workspace": {
        "applyEdit": True,
        "configuration": True,
        "workspaceFolders": True,
        "workspaceEdit": {"documentChanges": True},
        "didChangeWatchedFiles": {"dynamicRegistration": True},
        "didChangeConfiguration": {"dynamicRegistration": True},
        "diagnostics": {"refreshSupport": True},
    },
    "window": {"workDoneProgress": True},
    "general": {"positionEncodings": ["utf-16"]},
    "notebookDocument": {"synchronization": {}},
}


def with_pull(capabilities: dict[str, Any]) -> dict[str, Any]:
    """The same abilities and pull diagnostics."""
    text = {**capabilities["textDocument"], "diagnostic": {"dynamicRegistration": False}}
    return {**capabilities, "textDocument": text}


def with_encodings(capabilities: dict[str, Any], *encodings: str) -> dict[str, Any]:
    """The same abilities, with these position encodings offered in this order."""
    return {**capabilities, "general": {"positionEncodings": list(encodings)}}


class WireClient:
    """One server process and what it has said. Answers configuration from `settings`."""

    def __init__(self, workspace: Path, settings: Any = None, command: list[str] | None = None) -> None:
        self.workspace = workspace
        self.settings = settings
        self.received: list[dict[str, Any]] = []
        self._changed = threading.Condition()
        self._writing = threading.Lock()
        self._next_id = 0
        self._ended = False
        self.process = subprocess.Popen(
            command or [sys.executable, str(WORD_SERVER)],
            cwd=workspace,
            env={
                "PYTHONPATH": str(ROOT),
                "PATH": "/usr/bin:/bin",
                "XDG_CACHE_HOME": os.environ["XDG_CACHE_HOME"],
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
        )
        threading.Thread(target=self._read, daemon=True).start()

    # what is sent

    def raw(self, data: bytes) -> None:
        """Send bytes as they are."""
        assert self.process.stdin
        view = memoryview(data)
        with self._writing:  # answers to the server's requests come from the thread that reads
            while view:
                view = view[self.process.stdin.write(view) :]

    def send(self, *messages: Any) -> None:
        """Send messages in one write, so that they arrive together."""
        self.raw(b"".join(map(frame, messages)))

    def notification(self, method: str, params: Any) -> dict[str, Any]:
        """A notification, not sent yet."""
        return {"jsonrpc": "2.0", "method": method, "params": params}

    def question(self, method: str, params: Any) -> dict[str, Any]:
        """A request, not sent yet."""
        self._next_id += 1
        return {"jsonrpc": "2.0", "id": self._next_id, "method": method, "params": params}

    def notify(self, method: str, params: Any) -> None:
        """Send a notification."""
        self.send(self.notification(method, params))

    def ask(self, method: str, params: Any) -> dict[str, Any]:
        """Send a request and wait for its answer, error or result."""
        question = self.question(method, params)
        self.send(question)
        return self.answer(question)

    def result(self, method: str, params: Any) -> Any:
        """Send a request and wait for its result."""
        answer = self.ask(method, params)
        assert "error" not in answer, answer["error"]
        return answer["result"]

    # what comes back

    def answer(self, question: dict[str, Any]) -> dict[str, Any]:
        """Wait for the answer to a request."""
        return self.wait(lambda said: said.get("id") == question["id"] and "method" not in said)

    def wait(self, accept: Any, since: int = 0) -> dict[str, Any]:
        """The first message from number `since` on that is accepted."""
        at = since
        with self._changed:
            while True:
                for message in self.received[at:]:
                    if accept(message):
                        return message
                at = len(self.received)
                assert not self._ended, f"the server ended; it said {self.received[-3:]}"
                assert self._changed.wait(PATIENCE), f"no such message among {self.received[-5:]}"

    def published(self, uri: str, version: int | None = None, since: int = 0) -> list[dict[str, Any]]:
        """Wait for diagnostics of a document, of this version or a later one."""

        def accept(said: dict[str, Any]) -> bool:
            params = said.get("params") or {}
            if said.get("method") != "textDocument/publishDiagnostics" or params["uri"] != uri:
                return False
            return version is None or params.get("version", -1) >= version

        return self.wait(accept, since)["params"]["diagnostics"]

    def publishes(self, uri: str) -> list[dict[str, Any]]:
        """All diagnostics that were pushed for a document so far."""
        return [
            said["params"]
            for said in self.received
            if said.get("method") == "textDocument/publishDiagnostics" and said["params"]["uri"] == uri
        ]

    def messages(self, method: str) -> list[dict[str, Any]]:
        """The parameters of all notifications and requests of one kind so far."""
        return [said["params"] for said in self.received if said.get("method") == method]

    def settle(self) -> None:
        """Wait until everything sent so far has been handled."""
        self.ask("workspace/executeCommand", {"command": "ml-lsp.debugInformation"})

    # documents

    def start(self, capabilities: dict[str, Any] = FULL, options: Any = None) -> dict[str, Any]:
        """Initialize; return the server's capabilities."""
        folder = {"uri": self.workspace.as_uri(), "name": "workspace"}
        params = {
            "processId": None,
            "rootUri": folder["uri"],
            "workspaceFolders": [folder],
            "capabilities": capabilities,
            "initializationOptions": options,
        }
        capabilities = self.result("initialize", params)["capabilities"]
        self.notify("initialized", {})
        return capabilities

    def uri(self, name: str) -> str:
        """The URI of a file in the workspace."""
        return (self.workspace / name).as_uri()

    def open(self, name: str, text: str, version: int = 1, language: str = "python") -> str:
        """Open a document; return its URI."""
        item = {"uri": self.uri(name), "languageId": language, "version": version, "text": text}
        self.notify("textDocument/didOpen", {"textDocument": item})
        return self.uri(name)

    def change(
        self, uri: str, version: int, text: str, place: dict[str, Any] | None = None
    ) -> dict[str, Any]:
        """A change of a document, not sent yet: of a range, or of everything."""
        change = {"text": text} if place is None else {"range": place, "text": text}
        document = {"uri": uri, "version": version}
        return self.notification(
            "textDocument/didChange", {"textDocument": document, "contentChanges": [change]}
        )

    def stop(self) -> int:
        """Shut down and leave; return the exit code of the server."""
        self.result("shutdown", None)
        self.notify("exit", None)
        return self.process.wait(PATIENCE)

    def kill(self) -> None:
        """End the server if it is still there."""
        self.process.kill()
        self.process.wait(PATIENCE)

    def _read(self) -> None:
        assert self.process.stdout
        stream = self.process.stdout
        buffered = open(stream.fileno(), "rb", closefd=False)  # noqa: SIM115  # the process owns it
        while line := buffered.readline():
            if not line.lower().startswith(b"content-length:"):
                continue
            length = int(line.split(b":")[1])
            while buffered.readline().strip():
                pass
            self._take(json.loads(buffered.read(length)))
        with self._changed:
            self._ended = True
            self._changed.notify_all()

    def _take(self, message: dict[str, Any]) -> None:
        asks = "id" in message and "method" in message and not self.process.stdin.closed
        if asks and (reply := self.reply(message)) is not SILENCE:
            error = {"code": -32601, "message": "not in this editor"}
            answer = {"error": error} if reply is REFUSED else {"result": reply}
            self.send({"jsonrpc": "2.0", "id": message["id"], **answer})
        with self._changed:
            self.received.append(message)
            self._changed.notify_all()

    def reply(self, message: dict[str, Any]) -> Any:
        """What the editor answers to a request of the server."""
        if message["method"] == "workspace/configuration":
            return [self.settings for _ in message["params"]["items"]]
        if message["method"] == "workspace/applyEdit":
            return {"applied": True}
        return None


def frame(message: Any) -> bytes:
    """A message as it travels."""
    body = json.dumps(message).encode()
    return b"Content-Length: %d\r\n\r\n%s" % (len(body), body)


def place(line: int, column: int, end_line: int, end_column: int) -> dict[str, Any]:
    """An LSP range."""
    return {
        "start": {"line": line, "character": column},
        "end": {"line": end_line, "character": end_column},
    }
