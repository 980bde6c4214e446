"""A team's own rules in an editor: shown, explained, fixed, and read again when a page changes."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.samples import TEAM_PAGE as PAGE
from tests.server.test_actions import actions, applied, resolved
from tests.server.test_hover import hover
from tests.server.wire_client import FULL, WireClient, place

SERVER = [sys.executable, "-m", "ml_lsp", "server"]
WATCHES_NOTHING = {**FULL, "workspace": {"applyEdit": True}}
CODE = 'import acme.data\n\nrows = acme.data.load_all("x")\nmore = acme.data.read("y")\n'


@pytest.fixture
def connect(tmp_path: Path) -> Iterator[Callable[..., WireClient]]:
    """An editor in a project with one rule of its own."""
    (tmp_path / "pyproject.toml").write_text('[tool.ml-lsp]\nrules = ["lint-rules"]\n')
    page(tmp_path).parent.mkdir(parents=True)
    page(tmp_path).write_text(PAGE)
    started: list[WireClient] = []

    def start(capabilities: dict[str, object] = FULL) -> WireClient:
        client = WireClient(tmp_path, command=SERVER)
        started.append(client)
        client.start(capabilities)
        return client

    yield start
    for client in started:
        client.kill()


def page(folder: Path, name: str = "old-loader") -> Path:
    return folder / "lint-rules" / "acme" / f"{name}.yaml"


def shown(client: WireClient, uri: str, since: int) -> list[tuple[str, int]]:
    found = client.published(uri, 1, since)
    return [(item["code"], item["range"]["start"]["line"]) for item in found]


def test_a_finding_is_shown_explained_and_fixed(connect: Callable[..., WireClient], tmp_path: Path) -> None:
    client = connect()
    uri = client.open("a.py", CODE)
    [found] = client.published(uri, 1)
    assert (found["code"], found["range"]) == ("acme/old-loader", place(2, 7, 2, 25))
    assert found["message"] == "`acme.data.load_all` reads the whole file; use `stream`."
    assert found["codeDescription"]["href"] == page(tmp_path).as_uri()
    assert "It takes all memory." in hover(client, uri, 2, 10)["contents"]["value"]
    fixed = CODE.replace("load_all", "stream")
    [fix] = [
        item for item in actions(client, uri, found["range"], [found]) if item["title"] == "Use `stream`"
    ]
    assert applied(CODE, resolved(client, fix), uri) == fixed
    [on_save] = actions(client, uri, place(0, 0, 0, 0), only=["source.fixAll"])
    assert applied(CODE, resolved(client, on_save), uri) == fixed


@pytest.mark.parametrize("watches", [True, False])
def test_a_changed_page_counts_at_once(
    connect: Callable[..., WireClient], tmp_path: Path, watches: bool
) -> None:
    client = connect(FULL if watches else WATCHES_NOTHING)
    uri = client.open("a.py", CODE)
    assert shown(client, uri, 0) == [("acme/old-loader", 2)]
    written = client.open("lint-rules/acme/old-loader.yaml", PAGE, language="yaml")
    client.published(written, 1)

    def save(path: Path) -> int:
        since = len(client.received)
        if watches:
            changes = [{"uri": path.as_uri(), "type": 2}]
            client.notify("workspace/didChangeWatchedFiles", {"changes": changes})
        else:
            client.notify("textDocument/didSave", {"textDocument": {"uri": written}})
        return since

    page(tmp_path).write_text(PAGE.replace("load_all", "read"))
    assert shown(client, uri, save(page(tmp_path))) == [("acme/old-loader", 3)]
    page(tmp_path, "second").write_text(PAGE)
    both = [("acme/second", 2), ("acme/old-loader", 3)]
    assert shown(client, uri, save(page(tmp_path, "second"))) == both
    page(tmp_path, "second").unlink()
    assert shown(client, uri, save(page(tmp_path, "second"))) == both[1:]


def test_a_page_with_a_mistake_stops_only_itself(connect: Callable[..., WireClient], tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text(
        '[tool.ml-lsp]\nrules = ["lint-rules"]\nseverity = {"acme/old-loader" = "info"}\n'
    )
    page(tmp_path, "wrong").write_text(PAGE.replace("  call:", "\tcall:"))
    client = connect()
    uri = client.open("a.py", CODE)
    [found] = client.published(uri, 1)
    assert (found["code"], found["severity"]) == ("acme/old-loader", 3)
    [message] = [said["message"] for said in client.messages("window/showMessage")]
    assert message.startswith(f"{page(tmp_path, 'wrong')}:9: not YAML: ")
    assert message.endswith("YAML indents with blanks, not with tabs (this rule does not run)")
    since = len(client.received)
    page(tmp_path, "wrong").write_text(PAGE.replace("load_all", "read"))
    changes = [{"uri": page(tmp_path, "wrong").as_uri(), "type": 2}]
    client.notify("workspace/didChangeWatchedFiles", {"changes": changes})
    assert shown(client, uri, since) == [("acme/old-loader", 2), ("acme/wrong", 3)]


def test_a_mistake_in_a_page_is_shown_at_its_key(connect: Callable[..., WireClient]) -> None:
    client = connect()
    wrong = PAGE.replace("  replace_call:", "  replace_cal:")
    uri = client.open("lint-rules/acme/old-loader.yaml", wrong, language="yaml")
    [found] = client.published(uri, 1)
    line = wrong[: wrong.index("  replace_cal:")].count("\n")
    assert (found["code"], found["range"]) == ("ml-lsp/wrong-rule-page", place(line, 2, line, 13))
    said = "This rule does not run: unknown key `match.replace_cal`; did you mean `replace_call`?"
    assert found["message"].startswith(said)
    client.send(client.change(uri, 2, PAGE))
    assert client.published(uri, 2) == []
