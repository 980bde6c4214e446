"""A keystroke in one cell of a large notebook, to the diagnostics of that cell."""

from __future__ import annotations

import statistics
import time
from pathlib import Path
from typing import Any

from tests.bench.client import Client
from tests.bench.session import client_capabilities

EDITS = 30


def measure(command: list[str], env: dict[str, str], folder: Path, cells: list[str]) -> dict[str, float]:
    """Milliseconds: opening the notebook, and the median and 95th percentile of edits in a middle cell."""
    client = Client(command, str(folder), env=env, deadline=120)
    try:
        capabilities = client_capabilities(["utf-16"], False)
        client.request("initialize", {"processId": None, "rootUri": None, "capabilities": capabilities}, 30)
        client.notify("initialized", {})
        uri = (folder / "book.ipynb").as_uri()
        opened = _open(client, uri, cells)
        times = [_edit(client, uri, cells, number) for number in range(EDITS)]
    finally:
        client.stop()
    return {
        "open": opened,
        "p50": statistics.median(times),
        "p95": statistics.quantiles(times, n=20)[-1],
        "cells": float(len(cells)),
    }


def _cell(uri: str, number: int) -> str:
    return f"{uri.replace('file:', 'vscode-notebook-cell:')}#c{number}"


def _open(client: Client, uri: str, cells: list[str]) -> float:
    documents = [
        {"uri": _cell(uri, number), "languageId": "python", "version": 1, "text": text}
        for number, text in enumerate(cells)
    ]
    listed = [{"kind": 2, "document": item["uri"]} for item in documents]
    notebook = {"uri": uri, "notebookType": "jupyter-notebook", "version": 1, "cells": listed}
    started = client.notify(
        "notebookDocument/didOpen", {"notebookDocument": notebook, "cellTextDocuments": documents}
    )
    return _answered(client, 0, _cell(uri, len(cells) - 1), 1, started)


def _edit(client: Client, uri: str, cells: list[str], number: int) -> float:
    time.sleep(0.05)
    middle, version = len(cells) // 2, number + 2
    end = {"line": cells[middle].count("\n") + 1, "character": 0}
    change: dict[str, Any] = {"range": {"start": end, "end": end}, "text": "#"}
    content = {"document": {"uri": _cell(uri, middle), "version": version}, "changes": [change]}
    document = {"uri": uri, "version": version}
    since = len(client.publishes)
    started = client.notify(
        "notebookDocument/didChange",
        {"notebookDocument": document, "change": {"cells": {"textContent": [content]}}},
    )
    return _answered(client, since, _cell(uri, middle), version, started)


def _answered(client: Client, since: int, uri: str, version: int, started: float) -> float:
    answer = client.wait_publish(since, lambda said: said.uri == uri and said.version == version, 30)
    if answer is None:
        raise SystemExit(f"no diagnostics for version {version} of {uri}")
    return (answer.t - started) * 1e3
