"""What holds for all tests: a check that raises is a failure, though the editor only logs it."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture(autouse=True)
def no_check_fails(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Fail a test during which the review logged an exception."""
    yield
    failed = [
        record
        for record in caplog.get_records("call")
        if record.exc_info and record.name in ("ml_lsp.units", "ml_lsp.registry")
    ]
    assert not failed, logging.Formatter().formatException(failed[0].exc_info)
