"""YAML files in an editor beside the Python that reads them."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.server.wire_client import WireClient

SERVER = [sys.executable, "-m", "ml_lsp", "server"]
RULE = "config/two-sources-of-truth"
YAML = "epochs: 1\nlr: 0.01\n"
TRAIN = """\
import argparse
import yaml

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.1)
args = parser.parse_args()
with open("conf/train.yaml") as file:
    cfg = yaml.safe_load(file)
cfg.update(vars(args))
"""


@pytest.fixture
def client(tmp_path: Path) -> Iterator[WireClient]:
    (tmp_path / "pyproject.toml").write_text(f'[tool.ml-lsp]\nselect = ["{RULE}"]\n')
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf/train.yaml").write_text(YAML)
    (tmp_path / "train.py").write_text(TRAIN)
    started = WireClient(tmp_path, command=SERVER)
    started.start()
    yield started
    started.kill()


def shown_at_last(client: WireClient, uri: str) -> list[Any]:
    """The first diagnostics of a document that are not empty: they come once the workspace is read."""

    def accept(said: dict[str, Any]) -> bool:
        params = said.get("params") or {}
        return params.get("uri") == uri and bool(params.get("diagnostics"))

    return client.wait(accept)["params"]["diagnostics"]  # type: ignore[no-any-return]


def changed(client: WireClient, uri: str, version: int, text: str) -> list[Any]:
    """What is shown for a new version of a document."""
    client.send(client.change(uri, version, text))
    found = client.published(uri, version)
    time.sleep(0.6)  # others hear of it once the typing pauses
    return found


def evidence(found: dict[str, Any]) -> list[tuple[str, int]]:
    """The lines of other files that a diagnostic names."""
    places = [item["location"] for item in found["relatedInformation"]]
    return [(place["uri"].rpartition("/")[2], place["range"]["start"]["line"]) for place in places]


def test_what_python_says_of_a_file_stands_while_that_is_typed(client: WireClient) -> None:
    config = client.open("conf/train.yaml", YAML, language="yaml")
    [there] = shown_at_last(client, config)
    train = client.open("train.py", TRAIN)
    [found] = shown_at_last(client, train)
    assert (there["code"], found["code"], evidence(found)) == (RULE, RULE, [("train.yaml", 1)])
    changed(client, config, 2, "epochs: [1,\n 2,\nlr: 0.01\n")
    [found] = changed(client, train, 2, TRAIN + "\n")
    assert (found["code"], evidence(found)) == (RULE, [("train.yaml", 2)])
    changed(client, config, 3, "epochs: [1,\nlr: 0.0\n")
    [found] = changed(client, train, 3, TRAIN + "\n\n")
    assert (found["code"], found.get("relatedInformation")) == (RULE, None)
    changed(client, config, 4, "epochs: 1\nlr: 0.1\n")
    assert changed(client, train, 4, TRAIN + "\n\n\n") == []
