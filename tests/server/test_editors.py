"""A session as editors hold it, with the abilities that pytest-lsp knows of VS Code, Neovim and Emacs."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_lsp
from lsprotocol import types as lsp
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities

WORD_SERVER = Path(__file__).with_name("word_server.py")
ROOT = Path(__file__).parents[2]
TEXT = "s = '😀', BAD\nt = ODD\n"


@pytest_lsp.fixture(
    scope="module",
    params=["visual-studio-code", "neovim", "emacs"],
    config=ClientServerConfig(
        server_command=[sys.executable, str(WORD_SERVER)], server_env={"PYTHONPATH": str(ROOT)}
    ),
)
async def client(
    request: pytest.FixtureRequest, lsp_client: LanguageClient, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[None]:
    folder = tmp_path_factory.mktemp("workspace")

    @lsp_client.feature(lsp.CLIENT_REGISTER_CAPABILITY)
    def register(params: lsp.RegistrationParams) -> None:
        """The client of pytest-lsp does not know the request that its VS Code and Emacs announce."""

    lsp_client.set_configuration({"mlLsp": {"profile": "default"}})
    await lsp_client.initialize_session(
        lsp.InitializeParams(
            capabilities=client_capabilities(request.param),
            root_uri=folder.as_uri(),
            workspace_folders=[lsp.WorkspaceFolder(folder.as_uri(), "workspace")],
        )
    )
    yield
    await lsp_client.shutdown_session()


async def opened(client: LanguageClient, name: str, text: str) -> tuple[str, list[lsp.Diagnostic]]:
    """Open a document and get its diagnostics, the way the editor gets them."""
    uri = f"file:///workspace/{name}"
    pushed = await publish(client)
    item = lsp.TextDocumentItem(uri, lsp.LanguageKind.Python, 1, text)
    client.text_document_did_open(lsp.DidOpenTextDocumentParams(item))
    return uri, await diagnostics(client, uri, pushed)


async def publish(client: LanguageClient) -> asyncio.Task[object]:
    """The next publish; asked for before what causes it, as the client sees only what comes after."""
    waiting = asyncio.create_task(client.wait_for_notification(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS))
    await asyncio.sleep(0)
    return waiting


async def diagnostics(client: LanguageClient, uri: str, pushed: asyncio.Task[object]) -> list[lsp.Diagnostic]:
    if pulls(client):
        pushed.cancel()
        question = lsp.DocumentDiagnosticParams(lsp.TextDocumentIdentifier(uri))
        return list((await client.text_document_diagnostic_async(question)).items)
    await asyncio.wait_for(pushed, 10)
    return list(client.diagnostics[uri])


def pulls(client: LanguageClient) -> bool:
    workspace = client.capabilities.workspace
    refreshed = (
        workspace is not None and workspace.diagnostics is not None and workspace.diagnostics.refresh_support
    )
    return bool(refreshed) and client.capabilities.text_document.diagnostic is not None


def encoding(client: LanguageClient) -> str:
    general = client.capabilities.general
    return (general.position_encodings or ["utf-16"])[0] if general else "utf-16"


@pytest.mark.asyncio(loop_scope="module")
async def test_diagnostics_at_the_right_columns(client: LanguageClient) -> None:
    _, [bad, odd] = await opened(client, "a.py", TEXT)
    start = {"utf-8": 12, "utf-16": 10, "utf-32": 9}[encoding(client)]
    assert bad.range == lsp.Range(lsp.Position(0, start), lsp.Position(0, start + 3))
    assert odd.range == lsp.Range(lsp.Position(1, 4), lsp.Position(1, 7))
    assert (bad.code, bad.source, bad.severity) == ("words/bad", "ml-lsp", lsp.DiagnosticSeverity.Warning)


@pytest.mark.asyncio(loop_scope="module")
async def test_an_edit_brings_new_diagnostics(client: LanguageClient) -> None:
    uri, _ = await opened(client, "b.py", TEXT)
    pushed = await publish(client)
    change = lsp.TextDocumentContentChangePartial(lsp.Range(lsp.Position(1, 4), lsp.Position(1, 7)), "OLD")
    document = lsp.VersionedTextDocumentIdentifier(2, uri)
    client.text_document_did_change(lsp.DidChangeTextDocumentParams(document, [change]))
    found = await diagnostics(client, uri, pushed)
    assert [item.code for item in found] == ["words/bad", "words/old"]


def edits(uri: str, edit: lsp.WorkspaceEdit) -> list[lsp.TextEdit]:
    """The edits of one document; with its version where the editor checks versions."""
    if edit.document_changes is None:
        return list(edit.changes[uri])
    [change] = edit.document_changes
    assert (change.text_document.uri, change.text_document.version) == (uri, 1)
    return list(change.edits)


@pytest.mark.asyncio(loop_scope="module")
async def test_a_quick_fix(client: LanguageClient) -> None:
    uri, [bad, _] = await opened(client, "c.py", TEXT)
    context = lsp.CodeActionContext([bad], only=[lsp.CodeActionKind.QuickFix])
    asked = lsp.CodeActionParams(lsp.TextDocumentIdentifier(uri), bad.range, context)
    fix, *_ = await client.text_document_code_action_async(asked)
    assert (fix.title, fix.kind, fix.is_preferred) == ("Write GOOD", lsp.CodeActionKind.QuickFix, True)
    assert [(edit.range, edit.new_text) for edit in edits(uri, fix.edit)] == [(bad.range, "GOOD")]


@pytest.mark.asyncio(loop_scope="module")
async def test_fix_on_save(client: LanguageClient) -> None:
    uri, _ = await opened(client, "d.py", TEXT)
    context = lsp.CodeActionContext([], only=[lsp.CodeActionKind.SourceFixAll])
    start = lsp.Position(0, 0)
    asked = lsp.CodeActionParams(lsp.TextDocumentIdentifier(uri), lsp.Range(start, start), context)
    [action] = await client.text_document_code_action_async(asked)
    assert action.kind == lsp.CodeActionKind.SourceFixAll  # equal to what was asked, as eglot wants it
    if action.edit is None:
        action = await client.code_action_resolve_async(action)
    assert [edit.new_text for edit in edits(uri, action.edit)] == ["GOOD"]


@pytest.mark.asyncio(loop_scope="module")
async def test_a_hover(client: LanguageClient) -> None:
    uri, [_, odd] = await opened(client, "e.py", TEXT)
    asked = lsp.HoverParams(lsp.TextDocumentIdentifier(uri), lsp.Position(1, 5))
    shown = await client.text_document_hover_async(asked)
    assert shown.range == odd.range
    assert "# The word ODD" in shown.contents.value


@pytest.mark.asyncio(loop_scope="module")
async def test_closing_clears(client: LanguageClient) -> None:
    uri, _ = await opened(client, "f.py", TEXT)
    pushed = await publish(client)
    client.text_document_did_close(lsp.DidCloseTextDocumentParams(lsp.TextDocumentIdentifier(uri)))
    if pulls(client):
        pushed.cancel()
        assert uri not in client.diagnostics
    else:
        await asyncio.wait_for(pushed, 10)
        assert list(client.diagnostics[uri]) == []


@pytest.mark.asyncio(loop_scope="module")
async def test_a_command(client: LanguageClient) -> None:
    asked = lsp.ExecuteCommandParams("ml-lsp.explainRule", arguments=["words/bad"])
    assert "# The word BAD" in await client.workspace_execute_command_async(asked)
