"""Diagnostics of the whole workspace, for those who opted in."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.server.wire_client import FULL, WireClient, with_pull

Connect = Callable[..., WireClient]
PULL = with_pull(FULL)
WANTED = {"workspaceDiagnostics": True}


def ask(client: WireClient, previous: dict[str, str] | None = None, **more: Any) -> dict[str, Any]:
    ids = [{"uri": uri, "value": value} for uri, value in (previous or {}).items()]
    return client.question("workspace/diagnostic", {"previousResultIds": ids, **more})


def announced(client: WireClient) -> Any:
    answer = client.wait(lambda said: said.get("id") == 1)
    return answer["result"]["capabilities"].get("diagnosticProvider", {}).get("workspaceDiagnostics")


def reports(answer: dict[str, Any]) -> dict[str, tuple[str, list[str]]]:
    return {
        Path(item["uri"]).name: (item["kind"], [found["code"] for found in item.get("items", [])])
        for item in answer["result"]["items"]
    }


def test_it_is_there_only_for_those_who_want_it(connect: Connect) -> None:
    assert announced(connect(PULL)) is False
    assert announced(connect(PULL, options=WANTED)) is True
    assert announced(connect(FULL, options=WANTED)) is None


def test_closed_files_are_reported_and_then_only_what_changed(connect: Connect, tmp_path: Path) -> None:
    for name, text in {"bad.py": "BAD\n", "odd.py": "ODD\n", "open.py": "OLD\n", "gone.py": "BAD\n"}.items():
        (tmp_path / name).write_text(text)
    client = connect(PULL, options=WANTED)
    client.open("open.py", "OLD\n")
    question = ask(client)
    client.send(question)
    first = client.answer(question)
    assert reports(first) == {
        "bad.py": ("full", ["words/bad"]),
        "gone.py": ("full", ["words/bad"]),
        "odd.py": ("full", ["words/odd"]),
    }
    known = {item["uri"]: item["resultId"] for item in first["result"]["items"]}
    question = ask(client, known)
    client.send(question)
    client.settle()
    assert not [said for said in client.received if said.get("id") == question["id"]]  # nothing has changed
    (tmp_path / "bad.py").write_text("GOOD\n")
    (tmp_path / "gone.py").unlink()
    changes = [{"uri": client.uri("bad.py"), "type": 2}, {"uri": client.uri("gone.py"), "type": 3}]
    client.notify("workspace/didChangeWatchedFiles", {"changes": changes})
    assert reports(client.answer(question)) == {
        "bad.py": ("full", []),
        "gone.py": ("full", []),
        "odd.py": ("unchanged", []),
    }


def test_many_reports_come_piece_by_piece(connect: Connect, tmp_path: Path) -> None:
    for number in range(50):
        (tmp_path / f"bad{number:02}.py").write_text("BAD\n")
    client = connect(PULL, options=WANTED)
    question = ask(client, partialResultToken="t")
    client.send(question)
    assert len(client.answer(question)["result"]["items"]) == 10
    pieces = [said["value"]["items"] for said in client.messages("$/progress") if said["token"] == "t"]
    assert [len(piece) for piece in pieces] == [20, 20]


def test_a_question_that_waits_can_be_cancelled(connect: Connect) -> None:
    client = connect(PULL, options=WANTED)
    for expected in (None, -32800):
        question = ask(client)
        client.send(question)
        if expected:
            client.settle()
            client.notify("$/cancelRequest", {"id": question["id"]})
        assert client.answer(question).get("error", {}).get("code") == expected
