"""Loops that do the work of a long run, and the messages in them."""

from __future__ import annotations

import pytest

from ml_lsp.semantics.libraries.long_running import is_service, is_work_loop, messages_of_work
from tests.semantics.bodies import inquiry, loop


@pytest.mark.parametrize(
    ("head", "expected"),
    [
        ("for epoch in range(3)", True),
        ("for i in range(num_epochs)", True),
        ("for i, batch in enumerate(x)", True),
        ("for x in train_loader", True),
        ("for x in self.dataloader", True),
        ("while True", True),
        ("while step < n", True),
        ("for path in paths", False),
        ("for stepsister in x", False),
        ("while x", False),
    ],
)
def test_loops(head: str, expected: bool) -> None:
    assert is_work_loop(loop(f"def f(self, x, n):\n    {head}:\n        pass\n")) is expected


def test_messages_in_such_loops() -> None:
    text = """
        from loguru import logger

        def train(loader, paths):
            logger.info("a")
            for batch in loader:
                for path in paths:
                    logger.debug("b")
            for path in paths:
                logger.info("c")
    """
    found = [call.scope.text(call.node.args[0]) for call in messages_of_work(inquiry(text))]
    assert found == ['"b"']


def test_services() -> None:
    assert is_service(inquiry("from fastapi import FastAPI\n"))
    assert not is_service(inquiry("import torch\n"))
