"""What is known around open files: found out in slices, and kept true while files change."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from ml_lsp.server import places
from ml_lsp.server.places import Places
from ml_lsp.workspace import Wishes


class NoBar:
    """Progress that nobody sees."""

    def report(self, done: int, of: int, message: str) -> None: ...

    def end(self) -> None: ...


class Around:
    """The places of one folder, with the work that they have started."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.work: list[asyncio.Task[None]] = []
        self.told: list[Path] = []
        make_bar: Callable[[str], Any] = lambda title: NoBar()  # noqa: E731
        self.places = Places(
            lambda path: folder, lambda path: Wishes(), self.spawn, self.told.append, make_bar
        )

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self.work.append(asyncio.create_task(work))

    async def settle(self) -> None:
        await asyncio.gather(*self.work)
        self.work.clear()

    def path(self, name: str) -> Path:
        return self.folder / f"{name}.py"

    def importers(self, name: str) -> list[str]:
        return [path.stem for path in self.places.imports_of(self.path(name))]

    def changed(self, *names: str) -> None:
        self.places.files_changed(map(self.path, names))


@pytest.fixture
def around(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Around:
    monkeypatch.setattr(places, "SLICE", 0.0)  # a turn for everything else after every step
    for name, text in {"a": "import b\n", "b": "", "c": "import b\n"}.items():
        (tmp_path / f"{name}.py").write_text(text)
    return Around(tmp_path)


def test_more_is_known_once_the_files_are_listed(around: Around) -> None:
    async def session() -> None:
        assert around.importers("b") == []
        await around.settle()
        assert around.importers("b") == ["a", "c"]
        assert around.told == [around.folder]

    asyncio.run(session())


def test_a_new_text_of_a_known_file_lists_nothing_again(around: Around) -> None:
    async def session() -> None:
        around.importers("b")
        await around.settle()
        around.path("a").write_text("import c\n")
        around.changed("a")
        assert not around.work
        assert (around.importers("b"), around.importers("c")) == (["c"], ["a"])
        assert around.told == [around.folder] * 2

    asyncio.run(session())


def test_what_is_known_stands_until_a_new_file_is_found(around: Around) -> None:
    async def session() -> None:
        around.importers("b")
        await around.settle()
        around.path("d").write_text("import b\n")
        around.path("c").unlink()
        around.changed("c", "d")
        assert around.importers("b") == ["a", "c"]
        await around.settle()
        assert around.importers("b") == ["a", "d"]

    asyncio.run(session())


def test_a_new_text_of_setup_py_may_state_other_requirements(around: Around) -> None:
    script = around.path("setup")

    def required() -> str | None:
        return around.places.of(script).versions.get("torch")

    async def session() -> None:
        script.write_text("setup(install_requires=['torch==1.8'])")
        before = required()
        await around.settle()
        script.write_text("setup(install_requires=['torch==2.8'])")
        around.changed("setup")
        assert (before, required()) == ("==1.8", "==2.8")
        await around.settle()

    asyncio.run(session())


@pytest.mark.parametrize("turns", range(0, 10))
def test_a_change_while_files_are_listed_is_not_lost(around: Around, turns: int) -> None:
    async def session() -> None:
        around.importers("b")
        for _ in range(turns):
            await asyncio.sleep(0)
        around.places.text_changed(around.path("a"), "import c\n")
        await around.settle()
        assert (around.importers("b"), around.importers("c")) == (["c"], ["a"])

    asyncio.run(session())


def test_files_that_come_while_files_are_listed_are_found(around: Around) -> None:
    async def session() -> None:
        around.importers("b")
        for name in ("d", "e"):
            await asyncio.sleep(0)
            around.path(name).write_text("import b\n")
            around.changed(name)
        await around.settle()
        assert around.importers("b") == ["a", "c", "d", "e"]

    asyncio.run(session())
