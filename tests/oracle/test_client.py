"""The worker hangs, dies and comes back, and whoever asks gets an answer all the same."""

import asyncio
import logging
import os
import signal
import sys

import pytest
import pytest_asyncio

from ml_lsp.oracle import process
from ml_lsp.oracle.client import Oracle
from ml_lsp.oracle.question import UNKNOWN, Question

from .asking import ask_all, write

A, B, C = Question("zoo.A"), Question("zoo.B"), Question("zoo.C")
ZOO = {"zoo.py": "class A: ...\nclass B(A): ...\nclass C(B): ...\n"}

posix = pytest.mark.skipif(os.name == "nt", reason="needs POSIX signals")


@pytest_asyncio.fixture
async def oracle(small_place, tmp_path):
    write(small_place.roots[0], ZOO)
    oracle = Oracle(small_place, tmp_path / "cache")
    yield oracle
    await oracle.close()


def replace_resolve(monkeypatch, code: str) -> None:
    """Make workers answer with `code`, the body of `resolve(state, name, own)`."""
    body = "\n    ".join(code.splitlines())
    start = f"""
import os, sys, time
sys.path.insert(0, sys.argv[1])
from ml_lsp.oracle import worker
real = worker.resolve
def resolve(state, name, own):
    {body}
    return real(state, name, own)
worker.resolve = resolve
worker.main()
"""
    monkeypatch.setattr(process, "_START", start)


@pytest.mark.asyncio
async def test_answers_come_in_one_worker_and_are_remembered(oracle):
    answers = await oracle.ask([A, B, A])
    assert answers[B].bases == ("zoo.A",)
    assert oracle.remembered([A, B, C]) == answers
    pid = oracle.worker_pid
    await oracle.ask([C])
    assert oracle.worker_pid == pid


@pytest.mark.asyncio
@pytest.mark.skipif(sys.platform == "win32", reason="priorities are asked for in another way")
async def test_the_worker_lets_everybody_else_go_first(oracle):
    await oracle.ask([A])
    mine = os.getpriority(os.PRIO_PROCESS, 0)
    assert os.getpriority(os.PRIO_PROCESS, oracle.worker_pid) == min(mine + 10, 19)


@pytest.mark.asyncio
async def test_two_who_ask_the_same_get_the_same(oracle):
    first, second = await asyncio.gather(oracle.ask([A, B]), oracle.ask([B, C]))
    assert first[B] == second[B]
    assert second[C].bases == ("zoo.B", "zoo.A")


@posix
@pytest.mark.asyncio
async def test_a_killed_worker_is_replaced_and_its_question_asked_again(oracle):
    await oracle.ask([A])
    pid = oracle.worker_pid
    os.kill(pid, signal.SIGSTOP)
    asking = asyncio.create_task(oracle.ask([B, C]))
    await asyncio.sleep(0.05)
    assert not asking.done()
    os.kill(pid, signal.SIGKILL)
    answers = await asking
    assert answers[B].bases == ("zoo.A",)
    assert answers[C].bases == ("zoo.B", "zoo.A")
    assert oracle.worker_pid not in (None, pid)


@posix
@pytest.mark.asyncio
async def test_the_loop_goes_on_while_the_worker_is_stuck(oracle):
    await oracle.ask([A])
    os.kill(oracle.worker_pid, signal.SIGSTOP)
    asking = asyncio.create_task(oracle.ask([B]))
    for _ in range(100):
        await asyncio.sleep(0)
    assert oracle.remembered([A, B]).keys() == {A}
    os.kill(oracle.worker_pid, signal.SIGCONT)
    assert (await asking)[B].kind == "class"


@pytest.mark.asyncio
async def test_a_question_that_hangs_is_given_up_and_not_asked_again(
    small_place, tmp_path, monkeypatch, caplog
):
    write(small_place.roots[0], ZOO)
    replace_resolve(monkeypatch, "if name == 'slow.thing': time.sleep(600)")
    slow = Question("slow.thing")
    oracle = Oracle(small_place, tmp_path / "cache", patience=1.0)
    answers = await oracle.ask([slow, B])
    assert answers[slow] == UNKNOWN
    assert answers[B].bases == ("zoo.A",)
    await oracle.close()
    assert [record.getMessage() for record in caplog.records if "slow.thing" in record.getMessage()]
    replace_resolve(monkeypatch, "raise SystemExit('asked again')")
    again = Oracle(small_place, tmp_path / "cache")
    assert await again.ask([slow]) == {slow: UNKNOWN}
    assert again.worker_pid is None
    await again.close()


@pytest.mark.asyncio
async def test_a_question_that_kills_is_asked_twice_at_most(small_place, tmp_path, monkeypatch):
    write(small_place.roots[0], ZOO)
    log = tmp_path / "deaths"
    replace_resolve(
        monkeypatch, f"if name == 'evil.thing':\n    open({str(log)!r}, 'a').write('x')\n    os._exit(9)"
    )
    oracle = Oracle(small_place, tmp_path / "cache")
    answers = await oracle.ask([Question("evil.thing"), B])
    assert answers[Question("evil.thing")] == UNKNOWN
    assert answers[B].bases == ("zoo.A",)
    assert log.read_text() == "xx"
    await oracle.close()


@pytest.mark.asyncio
async def test_a_worker_that_does_not_start_makes_nothing_known_and_nothing_remembered(
    small_place, tmp_path, monkeypatch, caplog
):
    monkeypatch.setattr(process, "_START", "raise SystemExit(3)")
    oracle = Oracle(small_place, tmp_path / "cache")
    assert await oracle.ask([A]) == {A: UNKNOWN}
    assert "keeps dying" in caplog.text
    assert oracle.remembered([A]) == {}
    await oracle.close()


@pytest.mark.asyncio
async def test_an_exception_in_jedi_is_one_unknown_answer(small_place, tmp_path, monkeypatch):
    write(small_place.roots[0], ZOO)
    replace_resolve(monkeypatch, "if name == 'bad.thing': raise RecursionError(name)")
    oracle = Oracle(small_place, tmp_path / "cache")
    answers = await oracle.ask([A, Question("bad.thing"), B])
    assert [answer.kind for answer in answers.values()] == ["class", "unknown", "class"]
    await oracle.close()


@pytest.mark.skipif(os.name == "nt", reason="memory is not bounded on Windows")
@pytest.mark.asyncio
async def test_a_worker_that_holds_too_much_memory_retires(small_place, tmp_path, monkeypatch):
    write(small_place.roots[0], ZOO)
    monkeypatch.setattr(process, "MEMORY", 400_000_000)
    replace_resolve(monkeypatch, "if name == 'zoo.A': globals()['kept'] = bytearray(250_000_000)")
    oracle = Oracle(small_place, tmp_path / "cache")
    await oracle.ask([A])
    assert oracle.worker_pid is None
    assert (await oracle.ask([B]))[B].bases == ("zoo.A",)
    await oracle.close()


@pytest.mark.skipif(sys.platform != "linux", reason="address space is bounded on Linux only")
@pytest.mark.asyncio
async def test_memory_without_end_is_refused(small_place, tmp_path, monkeypatch):
    write(small_place.roots[0], ZOO)
    replace_resolve(monkeypatch, "if name == 'huge.thing': bytearray(8_000_000_000)")
    oracle = Oracle(small_place, tmp_path / "cache")
    answers = await oracle.ask([Question("huge.thing"), B])
    assert [answer.kind for answer in answers.values()] == ["unknown", "class"]
    await oracle.close()


@pytest.mark.asyncio
async def test_what_a_worker_prints_disturbs_no_answer(small_place, tmp_path, monkeypatch):
    write(small_place.roots[0], ZOO)
    replace_resolve(monkeypatch, "print('noise', flush=True); os.write(1, b'noise')")
    oracle = Oracle(small_place, tmp_path / "cache")
    assert (await oracle.ask([A]))[A].kind == "class"
    await oracle.close()


@pytest.mark.asyncio
async def test_a_changed_file_changes_the_answer_and_only_what_rests_on_it(oracle):
    outside = Question("json.dumps")
    write(oracle.place.roots[0], {"models.py": "from zoo import B\ndef build(): return B()\n"})
    build = Question("models.build")
    assert (await oracle.ask([build, outside]))[build].returns == ("zoo.B",)
    write(oracle.place.roots[0], {"zoo.py": "class Other: ...\nB = Other\n"})
    await oracle.files_changed()
    assert oracle.remembered([build, outside]).keys() == {outside}
    assert (await oracle.ask([build]))[build].returns == ("zoo.Other",)


@pytest.mark.asyncio
async def test_a_module_that_appears_is_found(oracle):
    late = Question("late.thing")
    assert await oracle.ask([late]) == {late: UNKNOWN}
    write(oracle.place.roots[0], {"late.py": "def thing(): ...\n"})
    await oracle.files_changed()
    assert (await oracle.ask([late]))[late].kind == "function"


@pytest.mark.asyncio
async def test_whoever_gives_up_asking_leaves_the_others_alone(oracle):
    impatient = asyncio.create_task(oracle.ask([A, B]))
    patient = asyncio.create_task(oracle.ask([B, C]))
    await asyncio.sleep(0.01)
    impatient.cancel()
    assert (await patient)[C].bases == ("zoo.B", "zoo.A")


@pytest.mark.asyncio
async def test_closing_lets_nobody_wait(small_place, tmp_path, monkeypatch):
    replace_resolve(monkeypatch, "time.sleep(600)")
    oracle = Oracle(small_place, tmp_path / "cache")
    asking = asyncio.create_task(oracle.ask([A]))
    while oracle.worker_pid is None:
        await asyncio.sleep(0.01)
    pid = oracle.worker_pid
    await oracle.close()
    assert await asking == {A: UNKNOWN}
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_a_command_asks_without_a_loop(small_place, tmp_path):
    write(small_place.roots[0], ZOO)
    (answer,) = ask_all(small_place, tmp_path / "cache", "zoo.C")
    assert answer.bases == ("zoo.B", "zoo.A")


def test_half_written_modules_in_jedis_cache_are_thrown_away(small_place, tmp_path, caplog):
    write(small_place.roots[0], ZOO)
    folder = tmp_path / "cache"
    before = ask_all(small_place, folder, "zoo.B", "yaml.SafeLoader")
    parsed = list((folder / "parsed").rglob("*.pkl"))
    assert parsed
    for file in parsed:
        file.write_bytes(file.read_bytes()[:-20])
    for file in (folder / "answers").iterdir():
        file.unlink()
    with caplog.at_level(logging.WARNING):
        assert ask_all(small_place, folder, "zoo.B", "yaml.SafeLoader") == before
