"""The beginning of a connection, and the settings that an editor sends then and later."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Any

from lsprotocol import types as lsp
from pygls.capabilities import ServerCapabilitiesBuilder
from pygls.exceptions import JsonRpcException

from ml_lsp.server import workspace_pull
from ml_lsp.server.client import read_client
from ml_lsp.server.server import Server
from ml_lsp.server.snapshots import path_of

log = logging.getLogger(__name__)

SECTION = "mlLsp"
_WATCHED = (
    "*.py", "*.ipynb", "requirement*", "constraints*.txt", "Pipfile", "*.lock", "setup.cfg", "Dockerfile", ".env", "*.yaml",
    "*.yml", "*.json", "*.toml", "*.sh", "*.slurm", "*.sbatch", "Makefile",
)  # fmt: skip
"""Files besides settings that say something about what is open."""
PATIENCE = 2.0
"""Seconds to wait for the editor's settings before going on without."""
IDLE = 0.05
"""Seconds after the start before the rules are loaded unasked."""


def initialize(server: Server, params: lsp.InitializeParams) -> None:
    """Learn what the editor can do, and keep its documents."""
    client = read_client(params)
    encoding = ServerCapabilitiesBuilder.choose_position_encoding(params.capabilities)
    server.protocol.open_workspace(params, encoding)
    server.session.connect(client, server.workspace)
    server.session.wishes = _section(params.initialization_options)


def initialized(server: Server) -> None:
    """Begin: the reviews wait until the editor has told its settings, if it is one that tells them."""
    if server.session.client.configuration:
        server.spawn(_begin(server))
    else:
        server.session.ready.set()
        server.spawn(_register(server))
    server.spawn(_load_when_idle(server))


async def _begin(server: Server) -> None:
    session = server.session
    asking = asyncio.create_task(ask_settings(server))
    answered, _ = await asyncio.wait({asking}, timeout=PATIENCE)
    if answered:
        session.configuration.wish(asking.result())
    else:
        log.warning("the editor has not told its settings within %s seconds", PATIENCE)
    session.ready.set()
    server.spawn(_register(server))
    if not answered and session.configuration.wish(await asking):
        review_all(server)


async def _load_when_idle(server: Server) -> None:
    await asyncio.sleep(IDLE)
    await server.session.ready.wait()
    server.session.load()


async def ask_settings(server: Server) -> dict[str, Any]:
    """What the editor says about `mlLsp`, by folder; under "" what it says for all."""
    folders = list(server.workspace.folders)
    items = [lsp.ConfigurationItem(section=SECTION)]
    items += [lsp.ConfigurationItem(scope_uri=uri, section=SECTION) for uri in folders]
    try:
        answers = list(await server.workspace_configuration_async(lsp.ConfigurationParams(items)))
    except (JsonRpcException, TypeError) as error:
        log.warning("the editor did not tell its settings: %s", error)
        answers = []
    said = dict(zip(("", *folders), answers, strict=False))
    if not isinstance(said.get(""), Mapping):
        said[""] = server.session.wishes
    return said


def _section(options: Any) -> Mapping[str, Any]:
    """Our part of what an editor sends: under our name, or all of it."""
    if not isinstance(options, Mapping):
        return {}
    inner = options.get(SECTION, options)
    return inner if isinstance(inner, Mapping) else {}


async def _register(server: Server) -> None:
    """Ask the editor to tell when settings change, in its own settings or on disk."""
    client = server.session.client
    wanted = []
    if client.watch_files:
        from ml_lsp.settings import FILE_NAMES

        watchers = [lsp.FileSystemWatcher(f"**/{name}") for name in (*FILE_NAMES, *_WATCHED)]
        if workspace_pull.is_wanted(server.session.wishes):
            watchers += workspace_pull.watched()
        options = lsp.DidChangeWatchedFilesRegistrationOptions(watchers)
        wanted.append(lsp.Registration("settings-files", lsp.WORKSPACE_DID_CHANGE_WATCHED_FILES, options))
    if client.watch_configuration:
        section = lsp.DidChangeConfigurationRegistrationOptions(section=SECTION)
        wanted.append(lsp.Registration("settings", lsp.WORKSPACE_DID_CHANGE_CONFIGURATION, section))
    if wanted:
        try:
            await server.client_register_capability_async(lsp.RegistrationParams(wanted))
        except JsonRpcException as error:
            log.warning("the editor does not tell when settings change: %s", error.message)


async def configuration_changed(server: Server, params: lsp.DidChangeConfigurationParams) -> None:
    """The editor's settings changed: take them as sent, or ask an editor that answers."""
    session = server.session
    if session.client.configuration:
        wishes = await ask_settings(server)
    else:
        wishes = {"": _section(params.settings)}
    if session.configuration.wish(wishes):
        review_all(server)


async def folders_changed(server: Server) -> None:
    """Folders came to the workspace or left it: each may have settings of its own."""
    if server.session.client.configuration and server.session.configuration.wish(await ask_settings(server)):
        review_all(server)


def files_changed(server: Server, params: lsp.DidChangeWatchedFilesParams) -> None:
    """Files changed on disk; settings files and the team's rule pages are read again."""
    from ml_lsp.server.configuration import names_settings

    server.session.touched.set()
    paths = [path_of(change.uri) for change in params.changes]
    server.disk_changed(paths)
    if names_settings(change.uri for change in params.changes) or server.session.configuration.names_page(
        paths
    ):
        server.session.configuration.reread()
        review_all(server)


def review_all(server: Server) -> None:
    """Review what is open again, as the settings are others; an editor that asks is told to ask again."""
    session = server.session
    session.settings_changed()
    for snapshot in session.open_snapshots():
        if snapshot.is_notebook or not session.client.pull:
            session.review(snapshot)
    if session.client.pull and session.client.refresh:
        server.workspace_diagnostic_refresh(None)
