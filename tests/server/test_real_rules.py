"""The server with the rules that ship: structural fixes, other files of the project, the oracle's process."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.server.test_actions import actions, applied, resolved
from tests.server.test_notebooks import Notebook
from tests.server.wire_client import WireClient

SERVER = [sys.executable, "-m", "ml_lsp", "server"]
VALIDATE = """\
import torch
from torch import nn

def validate(model: nn.Module, val_loader, criterion):
    model.eval()
    total = 0.0
    for x, y in val_loader:
        total += criterion(model(x), y).item()
    return total
"""
ASKING = """\

def fit(loader, loss_of, model):
    thing = json.decoder.Fancy(model.parameters())
    for x, y in loader:
        loss_of(model(x), y).backward()
        thing.step()
"""
HELPER = "def clear(optimizer):\n    pass\n"
TRAIN = """\
import torch
from helper import clear

def fit(model, loader, loss_of):
    optimizer = torch.optim.SGD(model.parameters(), 0.1)
    for x, y in loader:
        clear(optimizer)
        loss_of(model(x), y).backward()
        optimizer.step()
"""


@pytest.fixture
def client(tmp_path: Path) -> Iterator[WireClient]:
    started = WireClient(tmp_path, command=SERVER)
    started.start()
    yield started
    started.kill()


def codes(client: WireClient, uri: str, version: int, since: int = 0) -> list[str]:
    return [found["code"] for found in client.published(uri, version, since)]


def until(client: WireClient, uri: str, wanted: list[str]) -> None:
    """Wait until the diagnostics shown for a file are these; fail after ten seconds."""
    end = time.monotonic() + 10
    while time.monotonic() < end:
        shown = client.publishes(uri)
        if shown and [found["code"] for found in shown[-1]["diagnostics"]] == wanted:
            return
        time.sleep(0.05)
    raise AssertionError(f"{client.publishes(uri)[-1:]}, not {wanted}")


def test_a_structural_fix_is_worked_out_when_chosen(client: WireClient) -> None:
    uri = client.open("validate.py", VALIDATE)
    [found] = client.published(uri, 1)
    assert found["code"] == "torch/missing-no-grad"
    [fix] = [
        action for action in actions(client, uri, found["range"], [found]) if "no_grad" in action["title"]
    ]
    assert "edit" not in fix
    text = applied(VALIDATE, resolved(client, fix), uri)
    assert text == VALIDATE.replace("def validate", "@torch.no_grad()\ndef validate")


def test_an_edit_in_another_editor_is_seen(client: WireClient, tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text(HELPER)
    (tmp_path / "train.py").write_text(TRAIN)
    train = client.open("train.py", TRAIN)
    until(client, train, ["torch/missing-zero-grad"])
    helper = client.open("helper.py", HELPER)
    client.published(helper, 1)
    time.sleep(0.6)
    text = HELPER.replace("pass", "optimizer.zero_grad()")
    client.notify(
        "textDocument/didChange",
        {"textDocument": {"uri": helper, "version": 2}, "contentChanges": [{"text": text}]},
    )
    until(client, train, [])


def test_a_change_on_disk_is_seen(client: WireClient, tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text(HELPER)
    (tmp_path / "train.py").write_text(TRAIN)
    train = client.open("train.py", TRAIN)
    until(client, train, ["torch/missing-zero-grad"])
    (tmp_path / "helper.py").write_text(HELPER.replace("pass", "optimizer.zero_grad()"))
    change = {"uri": client.uri("helper.py"), "type": 2}
    client.notify("workspace/didChangeWatchedFiles", {"changes": [change]})
    until(client, train, [])


@pytest.mark.parametrize("pause", [0.0, 0.6])
def test_what_is_on_disk_counts_again_once_an_editor_is_closed(
    client: WireClient, tmp_path: Path, pause: float
) -> None:
    (tmp_path / "helper.py").write_text(HELPER)
    (tmp_path / "train.py").write_text(TRAIN)
    helper = client.open("helper.py", HELPER.replace("pass", "optimizer.zero_grad()"))
    client.published(helper, 1)
    time.sleep(pause)
    client.notify("textDocument/didClose", {"textDocument": {"uri": helper}})
    time.sleep(0.6)
    until(client, client.open("train.py", TRAIN), ["torch/missing-zero-grad"])


def test_an_unsaved_change_that_is_thrown_away_is_seen(client: WireClient, tmp_path: Path) -> None:
    (tmp_path / "helper.py").write_text(HELPER)
    (tmp_path / "train.py").write_text(TRAIN)
    train = client.open("train.py", TRAIN)
    helper = client.open("helper.py", HELPER.replace("pass", "optimizer.zero_grad()"))
    until(client, train, [])
    client.notify("textDocument/didClose", {"textDocument": {"uri": helper}})
    until(client, train, ["torch/missing-zero-grad"])


def children(pid: int) -> list[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [int(child) for child in found]


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="finds the worker through /proc")
def test_a_killed_oracle_is_no_concern_of_the_editor(client: WireClient) -> None:
    text = "import json.decoder\n" + VALIDATE + ASKING
    uri = client.open("validate.py", text)
    assert codes(client, uri, 1) == ["torch/missing-no-grad"]
    end = time.monotonic() + 10
    while not (workers := children(client.process.pid)):
        assert time.monotonic() < end, "no worker was started"
        time.sleep(0.05)
    for worker in workers:
        os.kill(worker, signal.SIGKILL)
    client.notify(
        "textDocument/didChange",
        {"textDocument": {"uri": uri, "version": 2}, "contentChanges": [{"text": text + "\nx = 1\n"}]},
    )
    assert codes(client, uri, 2) == ["torch/missing-no-grad"]


SCRIPT = """\
import argparse
import yaml

p = argparse.ArgumentParser()
p.add_argument("--lr", type=float, default=0.001)
args = p.parse_args()
with open("configs/train.yaml") as file:
    cfg = yaml.safe_load(file)
cfg.update(vars(args))
"""
TWO = "config/two-sources-of-truth"


def test_one_mistake_in_two_files_shows_in_both_and_goes_from_both(
    client: WireClient, tmp_path: Path
) -> None:
    config = tmp_path / "configs/train.yaml"
    config.parent.mkdir()
    config.write_text("lr: 0.01\n")
    (tmp_path / "train.py").write_text(SCRIPT)
    script_uri, config_uri = (
        client.open("train.py", SCRIPT),
        client.open("configs/train.yaml", "lr: 0.01\n", language="yaml"),
    )
    until(client, script_uri, [TWO])
    until(client, config_uri, [TWO])
    [here], [there] = (client.publishes(uri)[-1]["diagnostics"] for uri in (script_uri, config_uri))
    assert here["range"]["start"] == {"line": 4, "character": 43}
    assert there["range"] == {"start": {"line": 0, "character": 4}, "end": {"line": 0, "character": 8}}
    [to_config], [to_script] = here["relatedInformation"], there["relatedInformation"]
    assert to_config["location"] == {
        "uri": config_uri,
        "range": {"start": {"line": 0, "character": 0}, "end": {"line": 0, "character": 8}},
    }
    assert to_script["location"] == {"uri": script_uri, "range": here["range"]}
    time.sleep(0.5)  # both have been looked around
    client.send(client.change(config_uri, 2, "lr: 0.001\n"))
    until(client, config_uri, [])
    until(client, script_uri, [])
    client.send(client.change(script_uri, 2, SCRIPT.replace("0.001", "0.5")))
    until(client, script_uri, [TWO])
    until(client, config_uri, [TWO])


def test_what_was_typed_into_a_closed_config_file_no_longer_counts(
    client: WireClient, tmp_path: Path
) -> None:
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs/train.yaml").write_text("lr: 0.001\n")
    (tmp_path / "train.py").write_text(SCRIPT)
    script_uri, config_uri = (
        client.open("train.py", SCRIPT),
        client.open("configs/train.yaml", "lr: 0.001\n", language="yaml"),
    )
    until(client, config_uri, [])
    time.sleep(0.5)
    client.send(client.change(config_uri, 2, "lr: 0.7\n"))
    until(client, script_uri, [TWO])
    client.notify("textDocument/didClose", {"textDocument": {"uri": config_uri}})
    until(client, script_uri, [])


def test_a_config_file_that_changes_on_disk_is_seen(client: WireClient, tmp_path: Path) -> None:
    config = tmp_path / "configs/train.yaml"
    config.parent.mkdir()
    config.write_text("lr: 0.01\n")
    script = client.open("train.py", SCRIPT)
    until(client, script, [TWO])
    config.write_text("lr: 0.001\n# the same now\n")
    change = {"uri": client.uri("configs/train.yaml"), "type": 2}
    client.notify("workspace/didChangeWatchedFiles", {"changes": [change]})
    until(client, script, [])


def test_the_other_place_is_right_in_a_closed_file_with_other_line_ends(
    client: WireClient, tmp_path: Path
) -> None:
    config = tmp_path / "configs/train.yaml"
    config.parent.mkdir()
    config.write_bytes("\ufeff# \u00e9\r\n\r\nlr: 0.01\r\n".encode())
    script = client.open("train.py", SCRIPT)
    until(client, script, [TWO])
    [found] = client.publishes(script)[-1]["diagnostics"]
    assert found["relatedInformation"][0]["location"] == {
        "uri": client.uri("configs/train.yaml"),
        "range": {"start": {"line": 2, "character": 0}, "end": {"line": 2, "character": 8}},
    }


def test_the_other_file_is_followed_on_disk(client: WireClient, tmp_path: Path) -> None:
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs/train.yaml").write_text("lr: 0.01\n")
    script, renamed = tmp_path / "train.py", tmp_path / "main.py"
    script.write_text(SCRIPT)
    config = client.open("configs/train.yaml", "lr: 0.01\n", language="yaml")
    until(client, config, [TWO])

    def told(*changes: tuple[Path, int]) -> None:
        events = [{"uri": path.as_uri(), "type": kind} for path, kind in changes]
        client.notify("workspace/didChangeWatchedFiles", {"changes": events})

    script.write_text(SCRIPT.replace("0.001", "0.01"))
    told((script, 2))
    until(client, config, [])
    script.write_text(SCRIPT)
    told((script, 2))
    until(client, config, [TWO])
    script.rename(renamed)
    told((script, 3), (renamed, 1))
    end = time.monotonic() + 10
    while [place(found) for found in client.publishes(config)[-1]["diagnostics"]] != [renamed.as_uri()]:
        assert time.monotonic() < end, client.publishes(config)[-1]
        time.sleep(0.05)
    renamed.unlink()
    told((renamed, 3))
    until(client, config, [])


def place(found: dict[str, Any]) -> str:
    """The file that a finding is linked with."""
    [related] = found["relatedInformation"]
    return str(related["location"]["uri"])


def test_an_ignore_of_a_shell_escape_stands_above_it(tmp_path: Path) -> None:
    client = WireClient(tmp_path, {"profile": "review"}, SERVER)
    client.start()
    try:
        text = "import torch\nif True:\n    !pip install torch\n"
        book = Notebook(client, {"c0": text})
        [found] = client.published(book.cell("c0"), 1)
        menu = actions(client, book.cell("c0"), found["range"], [found])
        [ignore] = [action for action in menu if action["title"].endswith("on this line")]
        ignored = applied(text, resolved(client, ignore), book.cell("c0"))
        assert ignored == text.replace("    !", "    # ml-lsp: ignore[notebook/shell-pip]\n    !")
        assert book.codes("c0", 2, book.edit("c0", 2, ignored)) == []
    finally:
        client.kill()


def test_an_ignore_at_the_end_of_a_cell_ends_with_it(client: WireClient) -> None:
    mistake = "yaml.load(1)"
    book = Notebook(client, {"c0": "import yaml\n# ml-lsp: ignore[yaml/load-without-loader]", "c1": mistake})
    assert book.codes("c1", 1) == ["yaml/load-without-loader"]
    assert book.codes("c0", 1) == ["ml-lsp/unused-ignore"]
    [found] = client.published(book.cell("c1"), 1)
    menu = actions(client, book.cell("c1"), found["range"], [found])
    [ignore] = [action for action in menu if action["title"].endswith("on this line")]
    ignored = applied(mistake, resolved(client, ignore), book.cell("c1"))
    assert ignored == f"{mistake}  # ml-lsp: ignore[yaml/load-without-loader]"
