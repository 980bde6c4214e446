"""What is kept between runs: shared by processes, bounded, and no harm whatever the file holds."""

from __future__ import annotations

import logging
import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from ml_lsp import store
from ml_lsp.store import Store

KEY = b"key"
ROOT = Path(__file__).parent.parent


def kept(file: Path) -> str | None:
    """What another process finds under the key."""
    opened = Store(file)
    found = opened.get(KEY)
    opened.close()
    return found


def keep(file: Path, value: str = "value") -> None:
    opened = Store(file)
    opened.put(KEY, value)
    opened.close()


def test_what_is_saved_is_found_by_others(tmp_path: Path) -> None:
    file = tmp_path / "new" / "folder" / "kept.sqlite"
    one, other = Store(file), Store(file)
    one.put(KEY, "é\ud7ff")
    assert (one.waiting, other.get(KEY)) == (1, None)
    one.save()
    assert (one.waiting, other.get(KEY), other.get(b"else")) == (0, "é\ud7ff", None)


def test_what_waits_keeps_nobody_from_writing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker of `check` puts results for seconds before it saves them; the others must not lose theirs."""
    monkeypatch.setattr(store, "_PATIENCE", 0)
    file = tmp_path / "kept.sqlite"
    opened = Store(file)
    opened.put(b"mine", "mine")
    keep(file)
    opened.close()
    assert (kept(file), Store(file).get(b"mine")) == ("value", "mine")


def test_what_another_process_keeps_from_being_written_waits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "_PATIENCE", 0)
    file = tmp_path / "kept.sqlite"
    opened = Store(file)
    opened.put(KEY, "value")
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    opened.save()
    assert opened.waiting == 1
    keep(file, "lost, the file is not")  # opened and left while the other one writes
    other.execute("COMMIT")
    opened.save()
    assert kept(file) == "value"


def foreign_table(file: Path) -> None:
    with sqlite3.connect(file) as other:
        other.execute("CREATE TABLE results (name, age)")


def torn(file: Path) -> None:
    opened = Store(file)
    for number in range(3_000):
        opened.put(number.to_bytes(8, "big"), "x" * 100)
    opened.close()
    content = file.read_bytes()
    file.write_bytes(content[: len(content) // 3])


SPOILED: dict[str, Callable[[Path], object]] = {
    "empty": lambda file: file.write_bytes(b""),
    "something else": lambda file: file.write_bytes(b"not a database" * 100),
    "torn": torn,
    "header only": lambda file: file.write_bytes(b"SQLite format 3\0" + bytes(3_000)),
    "table of another program": foreign_table,
    "log of an earlier file": lambda file: file.with_name(f"{file.name}-wal").write_bytes(b"\x7f" * 5_000),
}


@pytest.mark.parametrize("spoil", SPOILED.values(), ids=SPOILED)
def test_a_spoiled_file_is_made_anew(tmp_path: Path, spoil: Callable[[Path], object]) -> None:
    file = tmp_path / "kept.sqlite"
    spoil(file)
    opened = Store(file)
    for number in range(3_000):
        opened.get(number.to_bytes(8, "big"))  # whatever it says, it does no harm
    opened.close()
    keep(file)
    assert kept(file) == "value"


def test_a_torn_file_is_told_of(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "kept.sqlite"
    file.write_bytes(b"not a database" * 100)
    Store(file).close()
    [record] = caplog.records
    assert record.levelno == logging.WARNING
    assert f"making the cache {file} anew" in record.getMessage()


def test_a_file_that_is_torn_while_it_is_open(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    file = tmp_path / "kept.sqlite"
    torn(file)
    opened = Store(file)
    assert {opened.get(number.to_bytes(8, "big")) for number in range(3_000)} <= {None, "x" * 100}
    opened.put(KEY, "value")
    opened.close()
    assert any("cache" in record.getMessage() for record in caplog.records)
    keep(file, "next")
    assert kept(file) == "next"


@pytest.mark.parametrize("value", [b"\xff\xfe", 5, 1.5, b""])
def test_a_value_of_another_kind_is_none(tmp_path: Path, value: object) -> None:
    file = tmp_path / "kept.sqlite"
    keep(file)
    with sqlite3.connect(file) as other:
        other.execute("UPDATE results SET value = CAST(? AS BLOB), day = 'yesterday'", (value,))
    assert kept(file) is None
    with sqlite3.connect(file) as other:
        other.execute("UPDATE results SET value = CAST(x'fffe' AS TEXT)")
    assert kept(file) is None
    keep(file)
    assert kept(file) == "value"


def test_where_nothing_can_be_written_nothing_is_kept(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    for file in (blocked / "kept.sqlite", tmp_path):  # below a file, a folder
        opened = Store(file)
        opened.put(KEY, "value")
        opened.save()
        assert (opened.get(KEY), opened.waiting) == (None, 0)
        opened.close()
        assert f"cannot use the cache {file}" in caplog.text
    assert blocked.read_text() == ""


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no FIFOs")
def test_a_fifo_does_not_block(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "kept.sqlite")
    assert kept(tmp_path / "kept.sqlite") is None


def test_what_nobody_asks_for_is_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file, day = tmp_path / "kept.sqlite", [20_000]
    monkeypatch.setattr(store, "_today", lambda: day[0])
    opened = Store(file)
    opened.put(KEY, "asked for")
    opened.put(b"other", "not")
    opened.close()
    for _ in range(4):
        day[0] += 20
        assert kept(file) == "asked for"
    with sqlite3.connect(file) as other:
        assert other.execute("SELECT count(*) FROM results").fetchone() == (1,)


def test_a_file_that_has_grown_too_large_is_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "kept.sqlite"
    keep(file, "x" * 100_000)
    monkeypatch.setattr(store, "_LARGEST", 50_000)
    assert kept(file) is None
    assert file.stat().st_size < 50_000


WRITER = """
import sys
from pathlib import Path
from ml_lsp.store import Store
store = Store(Path(sys.argv[1]))
for number in range(400):
    store.put(f"{sys.argv[2]} {number}".encode(), sys.argv[2])
    if number % 40 == 0:
        store.save()
while store.waiting:
    store.save()
"""


def test_a_process_that_writes_for_ever_is_waited_for_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "_PATIENCE", 0.01)
    file = tmp_path / "kept.sqlite"
    opened = Store(file)
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    opened.put(KEY, "value")
    opened.save()
    assert opened._connection is not None
    assert opened._connection.execute("PRAGMA busy_timeout").fetchone() == (0,)
    other.execute("COMMIT")
    opened.close()
    assert kept(file) == "value"


def test_several_processes_write_at_once(tmp_path: Path) -> None:
    file = tmp_path / "kept.sqlite"
    Store(file).close()
    writers = [
        subprocess.Popen([sys.executable, "-c", WRITER, str(file), name], cwd=ROOT, stderr=subprocess.PIPE)
        for name in "abc"
    ]
    for writer in writers:
        assert writer.communicate() == (None, b"")
    opened = Store(file)
    assert [opened.get(f"{name} {number}".encode()) for name in "abc" for number in range(400)] == [
        name for name in "abc" for _ in range(400)
    ]
