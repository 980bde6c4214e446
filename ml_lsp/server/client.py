"""What the editor at the other end can do, read once from its `initialize` request."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from lsprotocol import types as lsp


@dataclass(frozen=True)
class Client:
    """The abilities of an editor that change what is sent to it; all off for one that says nothing.

    `pull`: it asks for diagnostics; `refresh`: it asks again when told to. `resolve`: it has an action's edit
    computed when the action is chosen. `configuration`: it answers when asked for its settings.
    """

    pull: bool = False
    refresh: bool = False
    document_changes: bool = False
    resolve: bool = False
    prefer: bool = False
    apply_edit: bool = False
    markdown: bool = False
    related: bool = False
    tags: frozenset[int] = frozenset()
    links: bool = False
    data: bool = False
    configuration: bool = False
    watch_files: bool = False
    watch_configuration: bool = False
    progress: bool = False
    name: str = ""


def read_client(params: lsp.InitializeParams) -> Client:
    """The abilities announced in an `initialize` request."""

    def get(path: str) -> Any:
        value: Any = params.capabilities
        for name in path.split("."):
            value = getattr(value, name, None)
        return value

    def shows(feature: str) -> Any:
        return get(f"text_document.publish_diagnostics.{feature}") or get(
            f"text_document.diagnostic.{feature}"
        )

    properties = get("text_document.code_action.resolve_support.properties") or ()
    # An editor that asks but cannot be told to ask again (Neovim 0.10 and 0.11) would not see what a change
    # of the settings or of another file does: it is told without asking.
    refresh = bool(get("workspace.diagnostics.refresh_support"))
    return Client(
        pull=refresh and get("text_document.diagnostic") is not None,
        refresh=refresh,
        document_changes=bool(get("workspace.workspace_edit.document_changes")),
        resolve="edit" in properties and bool(get("text_document.code_action.data_support")),
        prefer=bool(get("text_document.code_action.is_preferred_support")),
        apply_edit=bool(get("workspace.apply_edit")),
        markdown=lsp.MarkupKind.Markdown in (get("text_document.hover.content_format") or ()),
        related=bool(shows("related_information")),
        tags=frozenset(tag.value for tag in shows("tag_support.value_set") or ()),
        links=bool(shows("code_description_support")),
        data=bool(shows("data_support")),
        configuration=bool(get("workspace.configuration")),
        watch_files=bool(get("workspace.did_change_watched_files.dynamic_registration")),
        watch_configuration=bool(get("workspace.did_change_configuration.dynamic_registration")),
        progress=bool(get("window.work_done_progress")),
        name=params.client_info.name if params.client_info else "",
    )
