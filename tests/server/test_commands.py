"""Commands that an editor sends by name, and the review of a whole workspace."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.server.test_actions import applied
from tests.server.wire_client import FULL, WireClient, with_pull

Connect = Callable[..., WireClient]
TEAM_RULE = """
severity: warning
tier: default
area: ours
title: Our old loader
message: "It is gone."
why: "It is gone."
match: {call: ours.load}
examples:
  - {name: found, code: "import ours\\nours.load(1)  # expect: ours/old-load"}
  - {name: not, code: "import ours\\nours.read(1)"}
"""


def command(client: WireClient, name: str, *arguments: Any) -> dict[str, Any]:
    params = {"command": f"ml-lsp.{name}", "arguments": list(arguments)}
    return client.ask("workspace/executeCommand", params)


def test_a_rule_is_explained(client: WireClient) -> None:
    assert "# The word ODD" in command(client, "explainRule", "words/odd")["result"]
    assert command(client, "explainRule", "words/none")["result"] is None


def test_all_rules_are_listed_those_of_the_team_too(client: WireClient, tmp_path: Path) -> None:
    listed = command(client, "rules")["result"]
    assert [rule["id"] for rule in listed] == ["words/bad", "words/far", "words/odd", "words/old"]
    assert listed[0] == {"id": "words/bad", "title": "The word BAD", "severity": "warning"}
    (tmp_path / "lint-rules" / "ours").mkdir(parents=True)
    (tmp_path / "lint-rules" / "ours" / "old-load.yaml").write_text(TEAM_RULE)
    (tmp_path / "ml-lsp.toml").write_text('rules = ["lint-rules"]\n')
    client.notify(
        "workspace/didChangeWatchedFiles", {"changes": [{"uri": client.uri("ml-lsp.toml"), "type": 1}]}
    )
    assert command(client, "rules")["result"][0]["id"] == "ours/old-load"


def test_fix_all_by_command(client: WireClient) -> None:
    uri = client.open("a.py", "x = BAD\n")
    assert command(client, "fixAll", uri)["result"] is True
    [asked] = client.messages("workspace/applyEdit")
    [change] = asked["edit"]["documentChanges"]
    assert change["textDocument"] == {"uri": uri, "version": 1}
    assert applied("x = BAD\n", asked, uri) == "x = GOOD\n"


def test_fix_all_by_command_with_nothing_to_fix(client: WireClient) -> None:
    assert command(client, "fixAll", client.open("a.py", "x = ODD\n"))["result"] is False
    assert command(client, "fixAll", client.uri("never.py"))["result"] is False
    assert not client.messages("workspace/applyEdit")


@pytest.mark.parametrize(
    ("name", "arguments"), [("fixAll", []), ("fixAll", [1, 2]), ("explainRule", []), ("conjure", [])]
)
def test_wrong_commands_are_refused(client: WireClient, name: str, arguments: list[Any]) -> None:
    assert command(client, name, *arguments)["error"]["code"] == -32602
    assert command(client, "explainRule", "words/none")["result"] is None


def test_debug_information_holds_no_text(client: WireClient) -> None:
    client.published(client.open("a.py", "secret = BAD\n"), 1)
    told = command(client, "debugInformation")["result"]
    [document] = told["documents"]
    assert (document["version"], document["reviewedVersion"], document["findings"]) == (1, 1, 1)
    assert told["encoding"] == "utf-16"
    assert "secret" not in json.dumps(told)


def fill(folder: Path) -> None:
    (folder / "inner").mkdir()
    (folder / "bad.py").write_text("x = BAD\n")
    (folder / "good.py").write_text("x = 1\n")
    (folder / "inner" / "odd.yaml").write_text("key: ODD\n")
    (folder / "binary.py").write_bytes(b"BAD\x00BAD")
    (folder / "latin.py").write_bytes("# é BAD\n".encode("latin-1"))
    cells = [
        {"cell_type": "code", "source": "y = ODD\n", "metadata": {}, "outputs": [], "execution_count": 1}
    ]
    (folder / "book.ipynb").write_text(
        json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells})
    )


@pytest.mark.parametrize("capabilities", [FULL, with_pull(FULL)])
def test_the_workspace_is_reviewed(connect: Connect, tmp_path: Path, capabilities: dict[str, Any]) -> None:
    fill(tmp_path)
    client = connect(capabilities)
    report = command(client, "reviewWorkspace")["result"]
    for name in ("bad.py", "inner/odd.yaml", "book.ipynb"):
        assert name in report
    assert "good.py" not in report
    assert [found["code"] for found in client.published(client.uri("bad.py"))] == ["words/bad"]
    assert not client.publishes(client.uri("good.py"))
    assert not client.messages("window/workDoneProgress/create")


def test_the_review_sees_what_stands_in_the_editor(client: WireClient, tmp_path: Path) -> None:
    fill(tmp_path)
    uri = client.open("bad.py", "x = OLD\n", version=5)
    client.published(uri, 5)
    assert "words/old" in command(client, "reviewWorkspace")["result"]
    assert [said["version"] for said in client.publishes(uri)] == [5]


def test_a_second_review_takes_back_what_is_repaired(client: WireClient, tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("x = BAD\n")
    command(client, "reviewWorkspace")
    (tmp_path / "bad.py").write_text("x = GOOD\n")
    assert command(client, "reviewWorkspace")["result"] == ""
    assert client.publishes(client.uri("bad.py"))[-1]["diagnostics"] == []


def test_what_the_review_showed_gives_way_to_what_is_pulled(connect: Connect, tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("x = BAD\n")
    client = connect(with_pull(FULL))
    command(client, "reviewWorkspace")
    uri = client.open("bad.py", "x = BAD\n")
    client.settle()
    assert client.publishes(uri)[-1]["diagnostics"] == []


def test_a_long_review_shows_its_progress_and_can_be_cancelled(client: WireClient, tmp_path: Path) -> None:
    for number in range(40):
        (tmp_path / f"slow{number:02}.py").write_text("SLOW=50 BAD\n")
    params = {"command": "ml-lsp.reviewWorkspace"}
    question = client.question("workspace/executeCommand", params)
    client.send(question)
    begun = client.wait(lambda said: said.get("params", {}).get("value", {}).get("kind") == "begin")
    assert begun["params"]["value"]["cancellable"] is True
    client.notify("window/workDoneProgress/cancel", {"token": begun["params"]["token"]})
    assert "slow00.py" in client.answer(question)["result"]
    assert client.messages("$/progress")[-1]["value"]["kind"] == "end"
    assert not client.publishes(client.uri("slow39.py"))


def test_a_review_of_no_folder_finds_nothing(tmp_path: Path) -> None:
    client = WireClient(tmp_path)
    try:
        client.result("initialize", {"processId": None, "rootUri": None, "capabilities": {}})
        client.notify("initialized", {})
        assert command(client, "reviewWorkspace")["result"] == ""
        assert "# The word ODD" in command(client, "explainRule", "words/odd")["result"]
    finally:
        client.kill()
