"""What holds for all tests: a check that raises is a failure, and the user's cache folder is left alone."""

from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep what is kept between runs in a folder of these tests, in the processes that they start as well."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
        yield


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
