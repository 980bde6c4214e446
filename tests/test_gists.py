"""What is known of a workspace at a second start: the same as at a first one, without reading its files."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Coroutine, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ml_lsp import gists
from ml_lsp.gists import Gists
from ml_lsp.server.places import Places
from ml_lsp.shelf import Shelf
from ml_lsp.store import Store, default_file
from ml_lsp.workspace import Wishes, Workspace

ROOT = Path(__file__).parent.parent
TEXTS = (
    "", "import b\n", "import c\n", "from . import a, b\n", "x = open('train.yaml')\n", "import b; open('ds.json')\n",
    "lr = 1\n", "# import b, lr\n", "é = 'lr'\nfrom c import d as e\n",
)  # fmt: skip

_opened: list[str] | None = None


def _note(event: str, arguments: tuple[Any, ...]) -> None:
    if event != "open" or _opened is None or not str(arguments[0]).endswith(".py"):
        return
    if Path(arguments[0]).exists():  # a setup.py that states requirements is tried for
        _opened.append(Path(arguments[0]).name)


sys.addaudithook(_note)  # there is no way to take it away; it looks away outside of `opened`


@pytest.fixture
def opened() -> Iterator[list[str]]:
    """The Python files that this process has opened since."""
    global _opened  # noqa: PLW0603
    _opened = []
    yield _opened
    _opened = None


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace of five files that were written long ago, and an empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    later(monkeypatch)
    made = tmp_path / "workspace"
    made.mkdir()
    for name, text in zip("abcde", TEXTS[1:], strict=False):
        (made / f"{name}.py").write_text(text)
    return made


def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the clock go on until what was written is settled."""
    now = time.time_ns
    monkeypatch.setattr(gists.time, "time_ns", lambda: now() + 10_000_000_000)


def learned(folder: Path, kept: bool = True) -> dict[str, Any]:
    """All that a start finds out about a workspace, from what is kept or from nothing."""
    workspace = Workspace(folder)
    if kept:
        workspace.shelf.gists = Gists(Store(default_file()))
    for _ in workspace.learn():
        pass
    project = workspace.project
    return {
        "importers": {path.name: project.importers(path) for path in workspace.files},
        "naming": [project.naming(name) for name in ("train.yaml", "ds.json")],
        "importing": project.importing("b", "c"),
        "mentioning": [project.mentioning(*words) for words in (("lr",), ("x", "open"), ("'lr'",), ("no",))],
    }


def test_a_second_start_opens_no_file(folder: Path, opened: list[str]) -> None:
    first = learned(folder, kept=False)
    opened.clear()
    assert learned(folder) == first
    assert set(opened) == {"a.py", "b.py", "c.py", "d.py", "e.py"}
    opened.clear()
    workspace = Workspace(folder, shelf=Shelf(gists=Gists(Store(default_file()))))
    for _ in workspace.learn():
        pass
    assert workspace.project.importers(folder / "b.py") == (folder / "a.py", folder / "c.py", folder / "e.py")
    assert workspace.project.naming("ds.json") == (folder / "e.py",)
    assert workspace.project.mentioning("nowhere") == ()
    assert opened == []


def test_a_file_with_a_new_time_is_opened_but_not_looked_through(folder: Path, opened: list[str]) -> None:
    first = learned(folder)
    with sqlite3.connect(default_file()) as kept:  # by this lie what is kept is told from what is found anew
        kept.execute("UPDATE results SET value = replace(value, '\"ds.json\"', '\"other.json\"')")
    os.utime(folder / "e.py")
    opened.clear()
    second = learned(folder)
    assert second["naming"] == [first["naming"][0], ()]
    assert "e.py" in opened


def test_a_change_is_seen(folder: Path) -> None:
    learned(folder)
    (folder / "d.py").write_text("import a\nopen('ds.json')\n")
    (folder / "e.py").unlink()
    (folder / "f.py").write_text("lr = 2\n")
    assert learned(folder) == learned(folder, kept=False)
    assert learned(folder)["importers"]["a.py"] == (folder / "c.py", folder / "d.py")


@pytest.mark.parametrize("is_settled", [True, False])
def test_a_change_that_leaves_size_and_time_is_seen(
    folder: Path, monkeypatch: pytest.MonkeyPatch, is_settled: bool
) -> None:
    if not is_settled:  # within one tick of the clock not even the change time tells
        monkeypatch.setattr(gists.time, "time_ns", lambda: 0)
        monkeypatch.setattr(gists, "state_of", lambda path: (1, 1, path.stat().st_size, 1))
        monkeypatch.setattr("ml_lsp.shelf.state_of", gists.state_of)
    file = folder / "a.py"
    before = file.stat()
    learned(folder)
    file.write_text("import c\n")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert (file.stat().st_size, file.stat().st_mtime_ns) == (before.st_size, before.st_mtime_ns)
    assert learned(folder)["importers"]["c.py"] == (file, folder / "b.py")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abcdef"), st.sampled_from((None, *TEXTS))), max_size=8))
def test_from_what_is_kept_it_is_the_same_as_from_nothing(
    folder: Path, changes: list[tuple[str, str | None]]
) -> None:
    for name, text in changes:
        file = folder / f"{name}.py"
        if text is None:
            file.unlink(missing_ok=True)
        else:
            file.write_text(text)
        assert learned(folder) == learned(folder, kept=False)


@pytest.mark.parametrize(
    "value", ["", "[]", "[[], [], 5]", "00", "zz", "[" * 100_000, '[["..", "/etc/passwd"], [], ""]']
)
def test_what_is_kept_may_be_anything(folder: Path, value: str) -> None:
    first = learned(folder)
    with sqlite3.connect(default_file()) as kept:
        kept.execute("UPDATE results SET value = ?", (value,))
    second = learned(folder)
    assert second == first or value.startswith('[[".."')  # that one is well formed, and says nothing
    assert {path.parent for found in second["importers"].values() for path in found} <= {folder}


SPOILED: dict[str, Callable[[Path], object]] = {
    "torn": lambda file: file.write_bytes(file.read_bytes()[:5_000]),
    "something else": lambda file: file.write_bytes(b"{}" * 5_000),
    "blocked": lambda file: (file.unlink(), file.mkdir()),
}


@pytest.mark.parametrize("spoil", SPOILED.values(), ids=SPOILED)
def test_without_a_cache_it_is_the_same(folder: Path, spoil: Callable[[Path], object]) -> None:
    first = learned(folder)
    spoil(default_file())
    assert learned(folder) == first
    assert learned(folder) == first


LEARN = """
import sys
from pathlib import Path
from ml_lsp import gists
from ml_lsp.store import Store, default_file
from ml_lsp.workspace import Workspace
gists._SETTLED = 0
workspace = Workspace(Path(sys.argv[1]))
workspace.shelf.gists = gists.Gists(Store(default_file()))
for _ in workspace.learn():
    pass
"""


def test_two_servers_start_at_once(folder: Path, opened: list[str]) -> None:
    for number in range(600):
        (folder / f"file{number}.py").write_text(f"import a, file{number // 2}\n")
    command = [sys.executable, "-c", LEARN, str(folder)]
    servers = [subprocess.Popen(command, cwd=ROOT) for _ in range(2)]
    for server in servers:
        server.communicate()
        assert server.returncode == 0
    opened.clear()
    workspace = Workspace(folder, shelf=Shelf(gists=Gists(Store(default_file()))))
    for _ in workspace.learn():
        pass
    assert len(workspace.project.importers(folder / "a.py")) == 601
    assert opened == []


def start(folder: Path) -> Places:
    """Start an editor's server on a folder, let it find out what it wants to, and end it."""

    class NoBar:
        def report(self, done: int, of: int, message: str) -> None: ...

        def end(self) -> None: ...

    async def session() -> Places:
        work: list[asyncio.Task[None]] = []

        def spawn(coroutine: Coroutine[Any, Any, None]) -> None:
            work.append(asyncio.create_task(coroutine))

        make_bar: Callable[[str], Any] = lambda title: NoBar()  # noqa: E731
        places = Places(lambda path: folder, lambda path: Wishes(), spawn, lambda path: None, make_bar)
        places.of(folder / "a.py")
        await asyncio.gather(*work)
        await places.close()
        return places

    return asyncio.run(session())


def test_a_second_start_of_the_server_opens_no_file(folder: Path, opened: list[str]) -> None:
    first = start(folder)
    assert len(opened) == 5
    opened.clear()
    again = start(folder)
    assert again.imports_of(folder / "b.py") == first.imports_of(folder / "b.py") != ()
    assert opened == []
    assert not [path for path in folder.iterdir() if path.suffix != ".py"]  # nothing is kept in the workspace
