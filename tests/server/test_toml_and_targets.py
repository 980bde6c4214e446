"""The server with TOML beside Python, and with targets in configs that lead into installed libraries."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.server.test_actions import actions
from tests.server.test_real_rules import SERVER, until
from tests.server.wire_client import WireClient

TWO, TARGET = "config/two-sources-of-truth", "config/hydra-target-unresolved"
SCRIPT = """\
import argparse
import tomllib

p = argparse.ArgumentParser()
p.add_argument("--lr", type=float, default=0.001)
args = p.parse_args()
with open("train.toml", "rb") as file:
    cfg = tomllib.load(file)
cfg.update(vars(args))
"""
TOML = 'name = "\U0001f680 run" # of two\n[optimizer]\nlr = 1e-2\n'
MAKING = "import hydra\n\n\ndef main(cfg):\n    hydra.utils.instantiate(cfg.model)\n"
CONFIG = (
    "model:\n  _target_: zoo.nn.Linaer\nother:\n  _target_: zoo.nn.Linear\nlazy:\n  _target_: zoo.lazy.Net\n"
)

Start = Callable[..., WireClient]


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts servers in the folder `workspace`, with the editor's settings."""
    started: list[WireClient] = []
    workspace = tmp_path / "workspace"
    workspace.mkdir()

    def make(**settings: Any) -> WireClient:
        started.append(WireClient(workspace, settings, SERVER))
        started[-1].start()
        return started[-1]

    yield make
    for client in started:
        client.kill()


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """An interpreter's folder with the package `zoo`, outside of the workspace."""
    packages = tmp_path / f"env/lib/python3.{sys.version_info.minor}/site-packages"
    for name, text in {
        "zoo/__init__.py": "raise SystemExit('it ran')\n",
        "zoo/nn.py": "class Linear: ...\n",
        "zoo/lazy.py": "def __getattr__(name): ...\n",
    }.items():
        (packages / name).parent.mkdir(parents=True, exist_ok=True)
        (packages / name).write_text(text)
    (tmp_path / "env/pyvenv.cfg").write_text(f"home = /usr/bin\nversion = 3.{sys.version_info.minor}.1\n")
    return tmp_path / "env"


def with_toml(start: Start) -> tuple[WireClient, str]:
    """A server with the TOML open of which the script reads another value; the finding is shown."""
    client = start()
    (client.workspace / "train.py").write_text(SCRIPT)
    (client.workspace / "train.toml").write_text(TOML)
    config = client.open("train.toml", TOML, language="toml")
    until(client, config, [TWO])
    return client, config


@pytest.mark.parametrize("language", ["toml", "plaintext"])  # VS Code itself knows no TOML
def test_toml_and_python_are_followed_while_they_are_edited(start: Start, language: str) -> None:
    client = start()
    (client.workspace / "train.toml").write_text(TOML)
    (client.workspace / "train.py").write_text(SCRIPT)
    script, config = client.open("train.py", SCRIPT), client.open("train.toml", TOML, language=language)
    until(client, script, [TWO])
    until(client, config, [TWO])
    [here], [there] = (client.publishes(uri)[-1]["diagnostics"] for uri in (script, config))
    assert here["range"]["start"] == {"line": 4, "character": 43}
    assert there["range"] == {"start": {"line": 2, "character": 5}, "end": {"line": 2, "character": 9}}
    [to_config], [to_script] = here["relatedInformation"], there["relatedInformation"]
    assert to_config["location"]["uri"] == config
    assert to_config["location"]["range"]["start"] == {"line": 2, "character": 0}
    assert to_script["location"] == {"uri": script, "range": here["range"]}
    time.sleep(0.5)  # both have been looked around
    client.send(client.change(config, 2, TOML.replace("1e-2", "0.001")))
    until(client, config, [])
    until(client, script, [])
    client.send(client.change(config, 3, TOML.replace("1e-2", "0.5")))
    until(client, script, [TWO])
    client.send(client.change(script, 2, SCRIPT.replace("0.001", "0.5")))
    until(client, config, [])


def test_a_half_typed_toml_keeps_what_was_found(start: Start) -> None:
    client, config = with_toml(start)
    client.send(client.change(config, 2, TOML + "seed = "))
    client.published(config, 2)
    until(client, config, [TWO])


def test_toml_that_changes_on_disk_is_seen(start: Start) -> None:
    client = start()
    config = client.workspace / "train.toml"
    config.write_text(TOML)
    script = client.open("train.py", SCRIPT)
    until(client, script, [TWO])
    [found] = client.publishes(script)[-1]["diagnostics"]
    assert found["relatedInformation"][0]["location"]["range"]["start"] == {"line": 2, "character": 0}
    watched = [
        watcher["globPattern"]
        for asked in client.messages("client/registerCapability")
        for one in asked["registrations"]
        for watcher in one["registerOptions"].get("watchers", ())
    ]
    assert "**/*.toml" in watched
    config.write_text(TOML.replace("1e-2", "0.001"))
    client.notify("workspace/didChangeWatchedFiles", {"changes": [{"uri": config.as_uri(), "type": 2}]})
    until(client, script, [])


def test_an_ignore_is_written_into_toml(start: Start) -> None:
    client, config = with_toml(start)
    [found] = client.publishes(config)[-1]["diagnostics"]
    titles = [action["title"] for action in actions(client, config, found["range"], [found])]
    assert f"Ignore `{TWO}` on this line" in titles
    client.send(client.change(config, 2, TOML.replace("1e-2", f"1e-2  # ml-lsp: ignore[{TWO}]")))
    until(client, config, [])


def test_a_target_that_an_installed_library_lacks_is_shown_once_it_is_looked_up(
    start: Start, environment: Path
) -> None:
    client = start(interpreter=str(environment))
    (client.workspace / "train.py").write_text(MAKING)
    config = client.open("config.yaml", CONFIG, language="yaml")
    until(client, config, [TARGET])
    [found] = client.publishes(config)[-1]["diagnostics"]
    assert found["range"] == {"start": {"line": 1, "character": 12}, "end": {"line": 1, "character": 25}}
    assert "`zoo.nn`, as it is installed, has no `Linaer`" in found["message"]
    [fix] = [one for one in actions(client, config, found["range"], [found]) if "Use `" in one["title"]]
    assert fix["title"] == "Use `Linear`"
    client.send(client.change(config, 2, CONFIG.replace("Linaer", "Linear")))
    until(client, config, [])
    client.send(client.change(config, 3, CONFIG.replace("Linear", "Conv")))
    until(client, config, [TARGET, TARGET])


def test_what_a_python_lacks_that_nobody_chose_is_not_told(start: Start) -> None:
    client = start()
    (client.workspace / "train.py").write_text(MAKING)
    text = CONFIG.replace("zoo.nn.Linaer", "pathspec.Nett").replace("zoo.nn.Linear", "train.Nett")
    config = client.open("config.yaml", text, language="yaml")
    until(client, config, [TARGET])
    time.sleep(3)
    until(client, config, [TARGET])
    [found] = client.publishes(config)[-1]["diagnostics"]
    assert found["range"]["start"]["line"] == 3
