"""Work-done progress while the workspace is read and reviewed, in editors that show it and in those that do not."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest
import pytest_lsp
from lsprotocol import types as lsp
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities

from tests.server.test_commands import command
from tests.server.wire_client import REFUSED, ROOT, SILENCE, WireClient

EAGER = [sys.executable, str(Path(__file__).with_name("eager_server.py"))]
READING, REVIEWING = "ml-lsp: reading the workspace", "ml-lsp: reviewing"
FILES = 200


def fill(folder: Path) -> None:
    for number in range(FILES):
        (folder / f"file{number:03}.py").write_text("import os\nSLOW=1\n")


@pytest_lsp.fixture(
    scope="module",
    params=["visual-studio-code", "neovim", "emacs"],
    config=ClientServerConfig(server_command=EAGER, server_env={"PYTHONPATH": str(ROOT)}),
)
async def client(
    request: pytest.FixtureRequest, lsp_client: LanguageClient, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[None]:
    folder = tmp_path_factory.mktemp("workspace")
    fill(folder)

    @lsp_client.feature(lsp.CLIENT_REGISTER_CAPABILITY)
    def register(params: lsp.RegistrationParams) -> None:
        """The client of pytest-lsp does not know the request that its VS Code and Emacs announce."""

    uri = folder.as_uri()
    await lsp_client.initialize_session(
        lsp.InitializeParams(
            capabilities=client_capabilities(request.param),
            root_uri=uri,
            workspace_folders=[lsp.WorkspaceFolder(uri, "workspace")],
        )
    )
    text = (folder / "file000.py").read_text()
    document = lsp.TextDocumentItem(f"{uri}/file000.py", lsp.LanguageKind.Python, 1, text)
    lsp_client.text_document_did_open(lsp.DidOpenTextDocumentParams(document))
    yield
    await lsp_client.shutdown_session()


def bars(client: LanguageClient) -> dict[str, list[Any]]:
    """What came for each bar, by its title."""
    return {reports[0].title: reports for reports in client.progress_reports.values() if reports}


def shows_bars(client: LanguageClient) -> bool:
    window = client.capabilities.window
    return bool(window and window.work_done_progress)


async def ended(client: LanguageClient, title: str) -> list[Any]:
    """What came for a bar, once it is taken away."""
    async with asyncio.timeout(20):
        while [report.kind for report in bars(client).get(title, [])][-1:] != ["end"]:
            await asyncio.sleep(0.01)
    return bars(client)[title]


async def reviewed(client: LanguageClient) -> None:
    await client.workspace_execute_command_async(lsp.ExecuteCommandParams("ml-lsp.reviewWorkspace"))


@pytest.mark.asyncio(loop_scope="module")
async def test_bars_begin_grow_and_end(client: LanguageClient) -> None:
    await reviewed(client)
    if not shows_bars(client):
        assert client.progress_reports == {}
        return
    for title, cancellable in ((READING, False), (REVIEWING, True)):
        begin, *reports, _ = await ended(client, title)
        assert (begin.kind, begin.cancellable, begin.percentage) == ("begin", cancellable, 0)
        grown = [report.percentage for report in reports]
        assert grown and grown == sorted(grown) and 0 < grown[-1] <= 100
        assert {report.kind for report in reports} == {"report"}


@pytest.fixture
def editor(tmp_path: Path) -> Iterator[WireClient]:
    fill(tmp_path)
    started = WireClient(tmp_path, command=EAGER)
    yield started
    started.kill()


@pytest.mark.parametrize("answer", [SILENCE, REFUSED])
def test_an_editor_that_makes_no_bar_gets_its_review(editor: WireClient, answer: object) -> None:
    settings = editor.reply
    made = "window/workDoneProgress/create"
    editor.reply = lambda message: answer if message["method"] == made else settings(message)
    editor.start()
    assert command(editor, "reviewWorkspace")["result"] == ""
    assert editor.messages(made)
    assert not editor.messages("$/progress")
    assert editor.stop() == 0


def test_what_cannot_be_cancelled_goes_on_when_it_is(editor: WireClient) -> None:
    editor.start()
    editor.open("file000.py", "x = 1\n")
    begun = editor.wait(lambda said: said.get("params", {}).get("value", {}).get("title") == READING)
    for token in (begun["params"]["token"], "of nobody", 3):
        editor.notify("window/workDoneProgress/cancel", {"token": token})
    ends = editor.wait(lambda said: said.get("params", {}).get("value", {}).get("kind") == "end")
    assert ends["params"]["token"] == begun["params"]["token"]
    assert command(editor, "debugInformation")["result"]["rules"]


def test_an_editor_that_leaves_in_the_middle_is_let_go(editor: WireClient) -> None:
    editor.start()
    editor.open("file000.py", "x = 1\n")
    editor.wait(lambda said: said.get("method") == "window/workDoneProgress/create")
    assert editor.stop() == 0
