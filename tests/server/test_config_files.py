"""YAML files in an editor beside the Python that reads them."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.server.test_notebooks import Notebook
from tests.server.wire_client import WireClient

SERVER = [sys.executable, "-m", "ml_lsp", "server"]
RULE = "config/two-sources-of-truth"
FLOAT = "yaml/scientific-notation-is-string"
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
    (tmp_path / "pyproject.toml").write_text(f'[tool.ml-lsp]\nselect = ["{RULE}", "{FLOAT}"]\n')
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf/train.yaml").write_text(YAML)
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


def test_what_python_says_of_a_file_stands_while_that_is_typed(client: WireClient, tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(TRAIN)
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


def saved(folder: Path, *sources: str) -> dict[str, str]:
    """The cells of a notebook, which is written to disk."""
    cells = [
        {"cell_type": "code", "metadata": {}, "execution_count": None, "outputs": [], "source": source}
        for source in sources
    ]
    text = json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})
    (folder / "book.ipynb").write_text(text)
    return {f"c{number}": source for number, source in enumerate(sources)}


def test_a_notebook_and_the_file_that_it_reads(client: WireClient, tmp_path: Path) -> None:
    cells = saved(tmp_path, "import argparse\nimport yaml\n", TRAIN)
    config = client.open("conf/train.yaml", YAML, language="yaml")
    [found] = shown_at_last(client, config)
    assert (found["code"], evidence(found)) == (RULE, [("book.ipynb", 0)])  # its cells have no addresses yet
    book = Notebook(client, cells)
    [there] = shown_at_last(client, book.cell("c1"))
    assert (there["code"], evidence(there)) == (RULE, [("train.yaml", 1)])
    [found] = changed(client, config, 2, YAML + "\n")
    assert (found["code"], evidence(found)) == (RULE, [("book.ipynb#c1", 4)])


def test_what_a_notebook_in_the_editor_does_with_a_value_counts(client: WireClient, tmp_path: Path) -> None:
    read = 'import yaml\nwith open("conf/train.yaml") as file:\n    cfg = yaml.safe_load(file)\n'
    book = Notebook(client, saved(tmp_path, read, "print(cfg['lr'])\n"))
    client.published(book.cell("c1"), 1)
    config = client.open("conf/train.yaml", "lr: 1e-3\n", language="yaml")
    [found] = shown_at_last(client, config)
    assert found["code"] == FLOAT
    since = len(client.received)
    book.edit("c1", 2, "print(float(cfg['lr']))\n")
    assert client.published(config, 1, since) == []
