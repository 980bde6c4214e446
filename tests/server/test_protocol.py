"""The wire: every request is answered, cancellation is seen in time, and nothing ends the server."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ml_lsp.server import app
from ml_lsp.server.server import Server
from ml_lsp.server.wire import Frames
from tests.server import word_server
from tests.server.wire_client import FULL, SILENCE, WireClient, frame, place, with_pull

HOVER = "textDocument/hover"


def still_answers(client: WireClient) -> None:
    uri = client.open("alive.py", "x = BAD\n", version=7)
    assert [found["code"] for found in client.published(uri, 7)] == ["words/bad"]
    client.notify("textDocument/didClose", {"textDocument": {"uri": uri}})


@pytest.mark.parametrize(
    "body", [b"{", b'{"jsonrpc": "2.0", "id": 1, "method"', b"\xff\xfe\x00", b"[" * 100_000, b""]
)
def test_what_is_not_json_is_answered_with_a_parse_error(client: WireClient, body: bytes) -> None:
    client.raw(b"Content-Length: %d\r\n\r\n%s" % (len(body), body))
    assert client.wait(lambda said: said.get("error"))["error"]["code"] == -32700
    still_answers(client)


@pytest.mark.parametrize("message", [[], 7, None, "x", {}, {"id": 3, "method": HOVER}, {"jsonrpc": "1.0"}])
def test_what_is_no_json_rpc_message_is_answered_with_an_error(client: WireClient, message: Any) -> None:
    client.send(message)
    assert client.wait(lambda said: said.get("error"))["error"]["code"] == -32600
    still_answers(client)


def test_an_unknown_request_is_refused_and_an_unknown_notification_ignored(client: WireClient) -> None:
    assert client.ask("workspace/conjure", {"a": [1, {"b": None}]})["error"]["code"] == -32601
    assert client.ask("$/conjure", None)["error"]["code"] == -32601
    client.notify("workspace/conjured", {"a": 1})
    client.notify("$/conjured", None)
    still_answers(client)


@pytest.mark.parametrize(
    "params", [None, {}, [], "x", {"textDocument": {"uri": 7}, "position": {"line": "one", "character": -1}}]
)
def test_a_request_with_wrong_parameters_is_refused(client: WireClient, params: Any) -> None:
    error = client.ask(HOVER, params)["error"]
    assert error["code"] == -32602
    assert error["message"].startswith("Invalid Params: ")
    still_answers(client)


def test_a_notification_with_wrong_parameters_is_ignored(client: WireClient) -> None:
    client.notify("textDocument/didChange", {"textDocument": {"uri": 7}})
    client.notify("textDocument/didOpen", None)
    still_answers(client)


def test_a_change_of_a_document_that_is_not_open_is_logged(client: WireClient) -> None:
    client.send(client.change(client.uri("never.py"), 2, "x", place(0, 0, 0, 0)))
    still_answers(client)
    assert not client.messages("window/showMessage")
    assert len(client.messages("window/logMessage")) == 1


def test_requests_before_initialize_and_after_shutdown_are_refused(tmp_path: Path) -> None:
    client = WireClient(tmp_path)
    question = {"textDocument": {"uri": client.uri("a.py")}, "position": {"line": 0, "character": 0}}
    try:
        assert client.ask(HOVER, question)["error"]["code"] == -32002
        client.start()
        assert client.ask("initialize", {"capabilities": {}})["error"]["code"] == -32600
        assert client.result("shutdown", None) is None
        assert client.ask(HOVER, question)["error"]["code"] == -32600
        client.notify("exit", None)
        assert client.process.wait(10) == 0
    finally:
        client.kill()


def test_exit_without_shutdown_is_an_error_and_the_end_of_input_is_not(tmp_path: Path) -> None:
    for end, code in ((lambda client: client.notify("exit", None), 1), (close_input, 0)):
        client = WireClient(tmp_path)
        client.start()
        end(client)
        try:
            assert client.process.wait(10) == code
        finally:
            client.kill()


def close_input(client: WireClient) -> None:
    assert client.process.stdin
    client.process.stdin.close()


def test_a_request_cancelled_at_once_is_not_begun(client: WireClient) -> None:
    uri = client.open("a.py", "x = BAD\n")
    position = {"textDocument": {"uri": uri}, "position": {"line": 0, "character": 5}}
    questions = [client.question(HOVER, position) for _ in range(3)]
    cancels = [client.notification("$/cancelRequest", {"id": asked["id"]}) for asked in questions[:2]]
    client.send(*questions, *cancels)
    assert [client.answer(asked).get("error", {}).get("code") for asked in questions] == [
        -32800,
        -32800,
        None,
    ]


def test_a_request_is_cancelled_while_it_waits_for_a_review(connect: Callable[..., WireClient]) -> None:
    client = connect(with_pull(FULL))
    uri = client.open("a.py", "SLOW=2000 BAD\n")
    question = client.question("textDocument/diagnostic", {"textDocument": {"uri": uri}})
    client.send(question)
    client.settle()
    client.notify("$/cancelRequest", {"id": question["id"]})
    assert client.answer(question)["error"]["code"] == -32800
    still_alive = client.question(
        HOVER, {"textDocument": {"uri": client.uri("b.py")}, "position": {"line": 0, "character": 0}}
    )
    client.send(still_alive)
    assert client.answer(still_alive)["result"] is None


def test_cancelling_what_is_unknown_or_nonsense_changes_nothing(client: WireClient) -> None:
    for ident in (999, "x", None, [1]):
        client.notify("$/cancelRequest", {"id": ident})
    client.notify("$/cancelRequest", None)
    still_answers(client)


def test_answers_that_nobody_asked_for_or_waits_for_are_ignored(tmp_path: Path) -> None:
    client = WireClient(tmp_path)
    client.reply = lambda message: SILENCE
    try:
        client.start()
        asked = client.wait(lambda said: said.get("method") == "workspace/configuration")
        client.send(
            {"jsonrpc": "2.0", "id": "never", "result": 3},
            {"jsonrpc": "2.0", "id": asked["id"], "result": 3},
            {"jsonrpc": "2.0", "id": asked["id"], "result": [None, None]},
            {"jsonrpc": "2.0", "id": asked["id"], "error": {"code": 1, "message": "no"}},
        )
        still_answers(client)
    finally:
        client.kill()


def test_an_answer_that_comes_after_its_question_was_given_up_is_ignored() -> None:
    def use(server: Server, sent: list[dict[str, Any]]) -> None:
        question = server.protocol.send_request("workspace/configuration", {"items": []}, msg_id="q")
        question.cancel()
        for late in ({"result": []}, {"result": 3}, {"error": {"code": 1, "message": "no"}}):
            server.protocol.receive([json.dumps({"jsonrpc": "2.0", "id": "q", **late}).encode()])

    asyncio.run(in_process(use))


def test_shutdown_ends_what_is_under_way(tmp_path: Path) -> None:
    client = WireClient(tmp_path)
    client.start(with_pull(FULL))
    uri = client.open("a.py", "SLOW=5000\n")
    question = client.question("textDocument/diagnostic", {"textDocument": {"uri": uri}})
    client.send(question)
    client.settle()
    try:
        assert client.stop() == 0
        assert client.answer(question)["error"]["code"] == -32800
    finally:
        client.kill()


def test_frames_come_whole_however_the_bytes_are_cut() -> None:
    bodies = [b"{}", b"", "ä😀".encode(), b"x" * 5000]
    headers = (
        b"Content-Length: %d\r\n\r\n",
        b"Content-Type: application/vscode-jsonrpc; charset=utf-8\r\ncontent-length: %d\r\n\r\n",
        b"Content-Length:%d\r\nContent-Type: x\r\n\r\n",
        b"noise before a header\r\n\r\nContent-Length: %d\r\n\r\n",
    )
    stream = b"".join(header % len(body) + body for header, body in zip(headers, bodies, strict=True))
    for size in (1, 2, 3, 7, 64, len(stream)):
        frames = Frames()
        cut = [stream[at : at + size] for at in range(0, len(stream), size)]
        assert [body for piece in cut for body in frames.feed(piece)] == bodies


def test_noise_without_a_header_is_not_kept() -> None:
    frames = Frames()
    for _ in range(100):
        assert frames.feed(b"x" * 100_000) == []
    assert frames.feed(frame({}) + frame([])) == [b"{}", b"[]"]


async def in_process(use: Callable[[Server, list[dict[str, Any]]], None]) -> None:
    sent: list[dict[str, Any]] = []

    class Writer:
        def write(self, data: bytes) -> None:
            sent.append(json.loads(data.partition(b"\r\n\r\n")[2]))

        def close(self) -> None:
            pass

    server = app.create(word_server.load)
    server.protocol.set_writer(Writer())
    start = {"processId": None, "rootUri": None, "capabilities": {}}
    server.protocol.receive([body("initialize", start, 1), body("initialized", {})])
    use(server, sent)
    server.session.stop()


def body(method: str, params: Any, ident: int | None = None) -> bytes:
    message = {"jsonrpc": "2.0", "method": method, "params": params}
    return json.dumps(message if ident is None else {**message, "id": ident}).encode()


def test_no_future_is_left_behind_by_notifications() -> None:
    def use(server: Server, sent: list[dict[str, Any]]) -> None:
        uri = "file:///a.py"
        item = {"uri": uri, "languageId": "python", "version": 1, "text": ""}
        server.protocol.receive([body("textDocument/didOpen", {"textDocument": item})])
        before = len(server.protocol._request_futures)
        for version in range(2, 200):
            change = {"textDocument": {"uri": uri, "version": version}, "contentChanges": [{"text": "BAD"}]}
            server.protocol.receive([body("textDocument/didChange", change)])
        assert len(server.protocol._request_futures) == before
        assert sent[-1]["params"]["version"] == 199

    asyncio.run(in_process(use))


def test_an_edit_is_answered_inside_its_handler() -> None:
    def use(server: Server, sent: list[dict[str, Any]]) -> None:
        item = {"uri": "file:///a.py", "languageId": "python", "version": 1, "text": "BAD"}
        server.protocol.receive([body("textDocument/didOpen", {"textDocument": item})])
        assert sent[-1]["params"]["diagnostics"]

    asyncio.run(in_process(use))
