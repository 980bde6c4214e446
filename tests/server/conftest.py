"""Servers for the tests: processes that are ended when the test is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.server.wire_client import FULL, WireClient


@pytest.fixture
def client(tmp_path: Path) -> Iterator[WireClient]:
    """A connected editor that can do everything but ask for diagnostics."""
    started = WireClient(tmp_path)
    started.start()
    yield started
    started.kill()


@pytest.fixture
def connect(tmp_path: Path) -> Iterator[Callable[..., WireClient]]:
    """Connects editors with given abilities, initialization options and settings."""
    started: list[WireClient] = []

    def start(capabilities: dict[str, Any] = FULL, options: Any = None, settings: Any = None) -> WireClient:
        client = WireClient(tmp_path, settings)
        started.append(client)
        client.start(capabilities, options)
        return client

    yield start
    for client in started:
        client.kill()
