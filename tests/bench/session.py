"""One server process with one document open: diagnostics pushed or pulled."""

from __future__ import annotations

import os
import time

from tests.bench.client import Client, ServerGone, Timeout
from tests.bench.site import apply_change

HARNESS_VERSION = "1.0"
CONTENT_MODIFIED, SERVER_CANCELLED = -32801, -32802


def client_capabilities(encodings, pull):
    text_document = {
        "synchronization": {"dynamicRegistration": True, "didSave": True, "willSave": False},
        "publishDiagnostics": {
            "relatedInformation": True,
            "versionSupport": True,
            "codeDescriptionSupport": True,
            "dataSupport": True,
            "tagSupport": {"valueSet": [1, 2]},
        },
        "codeAction": {
            "dynamicRegistration": True,
            "isPreferredSupport": True,
            "disabledSupport": True,
            "dataSupport": True,
            "honorsChangeAnnotations": False,
            "resolveSupport": {"properties": ["edit"]},
            "codeActionLiteralSupport": {
                "codeActionKind": {
                    "valueSet": [
                        "",
                        "quickfix",
                        "refactor",
                        "refactor.extract",
                        "refactor.inline",
                        "refactor.rewrite",
                        "source",
                        "source.organizeImports",
                        "source.fixAll",
                    ]
                }
            },
        },
        "hover": {"dynamicRegistration": True, "contentFormat": ["markdown", "plaintext"]},
    }
    workspace = {
        "applyEdit": True,
        "workspaceFolders": True,
        "configuration": True,
        "workspaceEdit": {"documentChanges": True, "resourceOperations": ["create", "rename", "delete"]},
        "didChangeConfiguration": {"dynamicRegistration": True},
        "didChangeWatchedFiles": {"dynamicRegistration": True, "relativePatternSupport": True},
        "executeCommand": {"dynamicRegistration": True},
    }
    if pull:
        text_document["diagnostic"] = {"dynamicRegistration": True, "relatedDocumentSupport": True}
        workspace["diagnostics"] = {"refreshSupport": True}
    return {
        "workspace": workspace,
        "textDocument": text_document,
        "window": {"workDoneProgress": True, "showMessage": {}, "showDocument": {"support": True}},
        "general": {"positionEncodings": encodings},
        "notebookDocument": {
            "synchronization": {"dynamicRegistration": True, "executionSummarySupport": False}
        },
    }


class Session:
    """One server process with one document open."""

    def __init__(self, options, workspace, text, deadline, trace):
        self.o = options
        self.text = text
        self.workspace = workspace
        self.root = workspace.as_uri()
        self.path = workspace / "ml_file.py"
        self.uri = self.path.as_uri()
        self.version = 1
        self.pull = options.mode != "push"
        self.result_id = None
        self.diagnostics: list[dict] = []
        self.client = Client(options.server, str(workspace), options.settings, options.env, trace, deadline)
        self.client.workspace_folders = [{"uri": self.root, "name": workspace.name}]

    def initialize(self):
        _, reply = self.client.request(
            "initialize",
            {
                "processId": os.getpid(),
                "clientInfo": {"name": "latency", "version": HARNESS_VERSION},
                "locale": "en",
                "rootUri": self.root,
                "rootPath": str(self.workspace),
                "workspaceFolders": self.client.workspace_folders,
                "capabilities": client_capabilities(self.o.encodings, self.pull),
                "initializationOptions": self.o.init_options,
                "trace": "off",
            },
            self.o.timeout,
        )
        if reply.error:
            raise ServerGone(f"initialize failed: {reply.error}")
        self.info = reply.result.get("serverInfo") or {}
        self.capabilities = reply.result.get("capabilities") or {}
        self.client.notify("initialized", {})
        if self.o.settings is not None:
            self.client.notify("workspace/didChangeConfiguration", {"settings": self.o.settings})
        sync = self.capabilities.get("textDocumentSync")
        self.sync = sync.get("change", 0) if isinstance(sync, dict) else (sync or 0)
        self.undecided = False
        if self.o.mode == "auto":  # what is not announced here may still be registered later
            self.pull = bool(self.capabilities.get("diagnosticProvider"))
            self.undecided = not self.pull
        return (reply.t - self.client.t_start) * 1e3

    # ---- diagnostics, pushed or pulled

    def open(self, path=None, text=None):
        """didOpen -> first diagnostics: (ms or None, moment of the answer)."""
        uri = (path or self.path).as_uri()
        start = len(self.client.publishes)
        t = self.client.notify(
            "textDocument/didOpen",
            {"textDocument": {"uri": uri, "languageId": "python", "version": 1, "text": text or self.text}},
        )
        if self.undecided:
            self.undecided = False
            self.pull = self.client.wait_registration(
                "textDocument/diagnostic", lambda: any(p.diagnostics for p in self.client.publishes), 3
            )
        if self.pull:
            ms, end, _ = self._pull(uri, t, keep=path is None)
            return ms, end
        publish = self.client.wait_publish(start, lambda p: same_uri(p.uri, uri), self.o.timeout)
        if publish is None:
            return None, None
        if path is None:
            self.diagnostics = publish.diagnostics
        return (publish.t - t) * 1e3, publish.t

    def change(self, change_range, new):
        self.version += 1
        if self.sync == 2:
            changes = [{"range": change_range, "text": new}]
            self.text = apply_change(self.text, change_range, new) if self.o.verify else self.text
        else:
            self.text = apply_change(self.text, change_range, new)
            changes = [{"text": self.text}]
        return self.client.notify(
            "textDocument/didChange",
            {"textDocument": {"uri": self.uri, "version": self.version}, "contentChanges": changes},
        )

    def edit(self, change_range, new, timeout):
        """One edit -> its diagnostics, in ms; None when none came in time."""
        start = len(self.client.publishes)
        version = self.version + 1
        t = self.change(change_range, new)
        if self.pull:
            return self._pull(self.uri, t, timeout=timeout)[0]
        publish = self.client.wait_publish(start, lambda p: self._answers(p, version), timeout)
        if publish is None:
            return None
        self.diagnostics = publish.diagnostics
        return (publish.t - t) * 1e3

    def _answers(self, publish, version):
        return same_uri(publish.uri, self.uri) and (publish.version is None or publish.version >= version)

    def _pull(self, uri, t, timeout=None, keep=True):
        end = time.perf_counter() + (timeout or self.o.timeout)
        tries = 0
        while time.perf_counter() < end:
            tries += 1
            params = {"textDocument": {"uri": uri}}
            if self.result_id and keep:
                params["previousResultId"] = self.result_id
            try:
                _, reply = self.client.request(
                    "textDocument/diagnostic", params, max(0.01, end - time.perf_counter())
                )
            except Timeout:
                break
            if reply.error:
                if reply.error.get("code") in (CONTENT_MODIFIED, SERVER_CANCELLED):
                    time.sleep(0.005)
                    continue
                raise ServerGone(f"textDocument/diagnostic failed: {str(reply.error)[:300]}")
            result = reply.result or {}
            if keep:
                self.result_id = result.get("resultId")
                if result.get("kind") != "unchanged":
                    self.diagnostics = result.get("items") or []
            return (reply.t - t) * 1e3, reply.t, tries
        return None, None, tries


def same_uri(a, b):
    return a == b or a.replace("%3A", ":").lower() == b.replace("%3A", ":").lower()
