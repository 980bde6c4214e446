"""All safe fixes of the workspace as one edit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.server.test_actions import applied
from tests.server.test_commands import command
from tests.server.wire_client import WireClient


def edits(answer: dict[str, Any]) -> dict[str, Any]:
    """The text documents of an edit with their versions and edits, by file name."""
    changes = answer["result"]["documentChanges"]
    return {Path(change["textDocument"]["uri"]).name: change for change in changes}


def test_every_file_is_fixed_in_one_edit(client: WireClient, tmp_path: Path) -> None:
    for name, text in {
        "a.py": "é = BAD\n",
        "b.yaml": "k: BAD\n",
        "good.py": "x\n",
        "odd.py": "ODD\n",
    }.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    answer = command(client, "workspaceFixes")
    assert edits(answer).keys() == {"a.py", "b.yaml"}
    assert applied("é = BAD\n", {"edit": answer["result"]}, client.uri("a.py")) == "é = GOOD\n"
    assert {change["textDocument"]["version"] for change in edits(answer).values()} == {None}
    assert not client.messages("workspace/applyEdit")


def test_what_stands_in_the_editor_is_fixed_there(client: WireClient, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = BAD\n")
    client.open("a.py", "x = 1\nlonger = BAD\n", version=7)
    answer = command(client, "workspaceFixes")
    assert edits(answer)["a.py"]["textDocument"]["version"] == 7
    fixed = applied("x = 1\nlonger = BAD\n", {"edit": answer["result"]}, client.uri("a.py"))
    assert fixed == "x = 1\nlonger = GOOD\n"


def test_what_git_and_the_settings_ignore_is_left_alone(client: WireClient, tmp_path: Path) -> None:
    for name in ("made/a.py", "kept/a.py", "left/a.py", ".venv/pyvenv.cfg", ".venv/lib/a.py"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("x = BAD\n")
    (tmp_path / ".gitignore").write_text("made/\n")
    (tmp_path / "ml-lsp.toml").write_text('exclude = ["left/"]\n')
    changes = command(client, "workspaceFixes")["result"]["documentChanges"]
    assert [change["textDocument"]["uri"] for change in changes] == [client.uri("kept/a.py")]


def test_a_closed_notebook_is_fixed_in_its_json(client: WireClient, tmp_path: Path) -> None:
    cell = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    cells = [{**cell, "source": ["y = 1\n"]}, {**cell, "source": ["%time x\n", "x = BAD\n", "y"]}]
    text = json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}, indent=1)
    (tmp_path / "book.ipynb").write_text(text)
    answer = command(client, "workspaceFixes")
    assert applied(text, {"edit": answer["result"]}, client.uri("book.ipynb")) == text.replace("BAD", "GOOD")


def test_nothing_to_fix_is_an_empty_edit(client: WireClient, tmp_path: Path) -> None:
    (tmp_path / "a.py").write_text("x = ODD\n")
    assert command(client, "workspaceFixes")["result"]["documentChanges"] == []


def test_a_long_search_can_be_cancelled(client: WireClient, tmp_path: Path) -> None:
    for number in range(40):
        (tmp_path / f"slow{number:02}.py").write_text("SLOW=50 BAD\n")
    question = client.question("workspace/executeCommand", {"command": "ml-lsp.workspaceFixes"})
    client.send(question)
    begun = client.wait(lambda said: said.get("params", {}).get("value", {}).get("kind") == "begin")
    assert begun["params"]["value"]["title"] == "ml-lsp: looking for fixes"
    client.notify("window/workDoneProgress/cancel", {"token": begun["params"]["token"]})
    assert client.answer(question)["result"] is None
    assert client.messages("$/progress")[-1]["value"]["kind"] == "end"
