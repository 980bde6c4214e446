"""Settings: from files and from the editor, when they change, and when they are wrong."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.server.wire_client import FULL, SILENCE, WireClient, with_pull

Connect = Callable[..., WireClient]
TEXT = "BAD ODD OLD FAR\n"
NOT_ASKED = {**FULL, "workspace": {"applyEdit": True}}
BY_DEFAULT = ["words/bad", "words/odd", "words/old"]


def codes(diagnostics: list[dict[str, Any]]) -> list[str]:
    return [found["code"] for found in diagnostics]


def changed_on_disk(client: WireClient, name: str) -> None:
    client.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": client.uri(name), "type": 2}]})


def shown(client: WireClient) -> list[str]:
    return [said["message"] for said in client.messages("window/showMessage")]


@pytest.mark.parametrize(("file", "table"), [("ml-lsp.toml", ""), ("pyproject.toml", "[tool.ml-lsp]\n")])
def test_a_settings_file_holds_for_the_files_below_it(
    connect: Connect, tmp_path: Path, file: str, table: str
) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / file).write_text(f'{table}ignore = ["words/odd"]\n')
    (tmp_path / "inner" / file).write_text(f'{table}select = ["words/odd"]\n')
    client = connect()
    assert codes(client.published(client.open("a.py", TEXT), 1)) == ["words/bad", "words/old"]
    assert codes(client.published(client.open("inner/a.py", TEXT), 1)) == ["words/odd"]


@pytest.mark.parametrize(
    ("said", "want"),
    [
        ({"profile": "review"}, [*BY_DEFAULT, "words/far"]),
        ({"select": ["words/odd"]}, ["words/odd"]),
        ({"ignore": ["words/odd"]}, ["words/bad", "words/old"]),
        ({"severity": {"words/odd": "off"}}, ["words/bad", "words/old"]),
        ({"select": [], "ignore": None, "severity": {}, "interpreter": None}, BY_DEFAULT),
        (None, BY_DEFAULT),
    ],
)
def test_an_editor_says_its_settings_when_asked_or_at_the_start(
    connect: Connect, said: Any, want: list[str]
) -> None:
    asked = connect(settings=said)
    assert codes(asked.published(asked.open("a.py", TEXT), 1)) == want
    at_start = connect(NOT_ASKED, options=said)
    assert codes(at_start.published(at_start.open("a.py", TEXT), 1)) == want
    unanswered = connect(options=said, settings=None)
    assert codes(unanswered.published(unanswered.open("a.py", TEXT), 1)) == want


def test_severities_are_remapped(connect: Connect) -> None:
    client = connect(settings={"severity": {"words/bad": "hint", "words/old": "critical"}})
    found = client.published(client.open("a.py", TEXT), 1)
    assert [item["severity"] for item in found] == [4, 1, 1]


def test_the_first_diagnostics_are_those_of_the_editors_settings(connect: Connect) -> None:
    client = connect(settings={"ignore": ["words/odd"]})
    uri = client.open("a.py", TEXT)
    client.published(uri, 1)
    client.settle()
    assert [codes(said["diagnostics"]) for said in client.publishes(uri)] == [["words/bad", "words/old"]]


def test_changed_settings_change_what_is_shown(client: WireClient) -> None:
    uri = client.open("a.py", TEXT)
    client.published(uri, 1)
    since = len(client.received)
    client.settings = {"ignore": ["words/odd"]}
    client.notify("workspace/didChangeConfiguration", {"settings": None})
    assert codes(client.published(uri, 1, since)) == ["words/bad", "words/old"]


def test_an_editor_that_is_not_asked_sends_changed_settings(connect: Connect) -> None:
    client = connect(NOT_ASKED)
    uri = client.open("a.py", TEXT)
    client.published(uri, 1)
    for body in ({"mlLsp": {"ignore": ["words/odd"]}}, {"ignore": ["words/bad"]}):
        since = len(client.received)
        client.notify("workspace/didChangeConfiguration", {"settings": body})
        assert len(client.published(uri, 1, since)) == 2


def test_a_settings_file_that_changes_is_read_again(client: WireClient, tmp_path: Path) -> None:
    registered = client.wait(lambda said: said.get("method") == "client/registerCapability")
    globs = [
        watcher["globPattern"]
        for item in registered["params"]["registrations"]
        for watcher in item["registerOptions"].get("watchers", ())
    ]
    assert globs[:2] == ["**/ml-lsp.toml", "**/pyproject.toml"]
    uri = client.open("a.py", TEXT)
    client.published(uri, 1)
    since = len(client.received)
    (tmp_path / "ml-lsp.toml").write_text('ignore = ["words/bad"]')
    changed_on_disk(client, "ml-lsp.toml")
    assert codes(client.published(uri, 1, since)) == ["words/odd", "words/old"]


def test_an_editor_that_pulls_is_told_to_pull_again(connect: Connect, tmp_path: Path) -> None:
    client = connect(with_pull(FULL))
    uri = client.open("a.py", TEXT)
    question = {"textDocument": {"uri": uri}}
    assert codes(client.result("textDocument/diagnostic", question)["items"]) == BY_DEFAULT
    (tmp_path / "ml-lsp.toml").write_text('ignore = ["words/bad"]')
    changed_on_disk(client, "ml-lsp.toml")
    client.wait(lambda said: said.get("method") == "workspace/diagnostic/refresh")
    assert codes(client.result("textDocument/diagnostic", question)["items"]) == BY_DEFAULT[1:]


@pytest.mark.parametrize("event", ["save", "open"])
def test_an_editor_that_watches_no_files_has_them_looked_at(
    connect: Connect, tmp_path: Path, event: str
) -> None:
    client = connect(NOT_ASKED)
    uri = client.open("a.py", TEXT)
    client.published(uri, 1)
    since = len(client.received)
    (tmp_path / "ml-lsp.toml").write_text('ignore = ["words/bad"]')
    if event == "save":
        client.notify("textDocument/didSave", {"textDocument": {"uri": client.uri("a.py")}})
    else:
        client.open("b.py", "")
    assert codes(client.published(uri, 1, since)) == BY_DEFAULT[1:]


@pytest.mark.parametrize(
    "wrong", ["select = [", 'profile = "relaxed"', "speed = 3", "\x00", 'severity = {"words/bad" = "loud"}']
)
def test_a_wrong_settings_file_is_told_once_and_the_last_good_settings_stay(
    connect: Connect, tmp_path: Path, wrong: str
) -> None:
    file = tmp_path / "ml-lsp.toml"
    file.write_text('ignore = ["words/bad"]')
    client = connect()
    uri = client.open("a.py", TEXT)
    assert codes(client.published(uri, 1)) == BY_DEFAULT[1:]
    file.write_text(wrong)
    changed_on_disk(client, "ml-lsp.toml")
    client.wait(lambda said: said.get("method") == "window/showMessage")
    client.send(client.change(uri, 2, TEXT + "\n"))
    assert codes(client.published(uri, 2)) == BY_DEFAULT[1:]
    client.open("b.py", "")
    client.settle()
    [message] = shown(client)
    assert message.startswith(f"{file}:1: ")
    since = len(client.received)
    file.write_text("")
    changed_on_disk(client, "ml-lsp.toml")
    assert codes(client.published(uri, 2, since)) == BY_DEFAULT
    assert len(shown(client)) == 1


def test_wrong_settings_of_the_editor_are_told_and_those_of_the_file_stay(
    connect: Connect, tmp_path: Path
) -> None:
    (tmp_path / "ml-lsp.toml").write_text('ignore = ["words/bad"]')
    client = connect(settings={"profile": "relaxed"})
    assert codes(client.published(client.open("a.py", TEXT), 1)) == BY_DEFAULT[1:]
    [message] = shown(client)
    assert message.startswith("editor settings: ")


def test_a_wrong_rule_page_of_the_team_is_told_with_its_place(connect: Connect, tmp_path: Path) -> None:
    page = tmp_path / "lint" / "ours" / "no-foo.yaml"
    page.parent.mkdir(parents=True)
    page.write_text("severity: loud\n")
    (tmp_path / "ml-lsp.toml").write_text('rules = ["lint"]')
    client = connect()
    assert codes(client.published(client.open("a.py", TEXT), 1)) == BY_DEFAULT
    [message] = shown(client)
    assert message.startswith(f"{page}:1: ")


@pytest.mark.parametrize("answer", [3, "x", [], [[]], [{"profile": 3}]])
def test_nonsense_settings_do_not_stop_the_server(connect: Connect, answer: Any) -> None:
    client = connect(settings=answer)
    assert codes(client.published(client.open("a.py", TEXT), 1)) == BY_DEFAULT


def test_reviews_wait_only_so_long_for_settings(tmp_path: Path) -> None:
    client = WireClient(tmp_path)
    client.reply = lambda message: SILENCE
    try:
        client.start()
        assert codes(client.published(client.open("a.py", TEXT), 1)) == BY_DEFAULT
    finally:
        client.kill()


def test_settings_that_come_late_still_count(tmp_path: Path) -> None:
    client = WireClient(tmp_path)
    client.reply = lambda message: SILENCE
    try:
        client.start()
        uri = client.open("a.py", TEXT)
        assert codes(client.published(uri, 1)) == BY_DEFAULT
        [asked] = [said for said in client.received if said.get("method") == "workspace/configuration"]
        since = len(client.received)
        said = {"ignore": ["words/bad"]}
        client.send({"jsonrpc": "2.0", "id": asked["id"], "result": [said, said]})
        assert codes(client.published(uri, 1, since)) == BY_DEFAULT[1:]
    finally:
        client.kill()


def test_on_save_only(connect: Connect) -> None:
    client = connect(settings={"run": "onSave"})
    uri = client.open("a.py", "BAD\n")
    assert codes(client.published(uri, 1)) == ["words/bad"]
    client.send(client.change(uri, 2, "ODD\n"))
    client.settle()
    assert len(client.publishes(uri)) == 1
    client.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
    assert codes(client.published(uri, 2)) == ["words/odd"]


def test_on_save_only_for_an_editor_that_pulls(connect: Connect) -> None:
    client = connect(with_pull(FULL), settings={"run": "onSave"})
    uri = client.open("a.py", "BAD\n")
    question = {"textDocument": {"uri": uri}}
    assert codes(client.result("textDocument/diagnostic", question)["items"]) == ["words/bad"]
    client.send(client.change(uri, 2, "ODD\n"))
    assert codes(client.result("textDocument/diagnostic", question)["items"]) == ["words/bad"]
    client.notify("textDocument/didSave", {"textDocument": {"uri": uri}})
    client.wait(lambda said: said.get("method") == "workspace/diagnostic/refresh")
    assert codes(client.result("textDocument/diagnostic", question)["items"]) == ["words/odd"]


def test_folders_have_settings_of_their_own(connect: Connect, tmp_path: Path) -> None:
    client = connect()
    other = tmp_path / "other"
    other.mkdir()

    def reply(message: dict[str, Any]) -> Any:
        if message["method"] != "workspace/configuration":
            return None
        places = [item.get("scopeUri", "") for item in message["params"]["items"]]
        return [{"select": ["words/odd"]} if uri.endswith("other") else {} for uri in places]

    client.reply = reply
    uri = client.open("other/a.py", TEXT)
    assert codes(client.published(uri, 1)) == BY_DEFAULT
    since = len(client.received)
    event = {"added": [{"uri": other.as_uri(), "name": "other"}], "removed": []}
    client.notify("workspace/didChangeWorkspaceFolders", {"event": event})
    assert codes(client.published(uri, 1, since)) == ["words/odd"]
    since = len(client.received)
    event = {"added": [], "removed": [{"uri": other.as_uri(), "name": "other"}]}
    client.notify("workspace/didChangeWorkspaceFolders", {"event": event})
    assert codes(client.published(uri, 1, since)) == BY_DEFAULT
