"""Answers on disk: written whole, checked when read, and never the reason for a failure."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_lsp.oracle.cache import Entry, cache_file, load, save
from ml_lsp.oracle.process import Place
from ml_lsp.oracle.question import Answer, from_json, to_json
from ml_lsp.semantics.files import stamp

ANSWER = Answer("class", "zoo.Net", bases=("torch.nn.Module",), returns=("zoo.Net",), parameters=("depth",))

names = st.lists(st.text(max_size=8), max_size=3).map(tuple)
answers = st.builds(
    Answer,
    kind=st.sampled_from(["class", "function", "module", "instance", "unknown"]),
    name=st.text(max_size=8),
    bases=names,
    returns=names,
    parameters=names,
    types=names,
    value=st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
)


@given(answers)
def test_an_answer_survives_json(answer):
    assert from_json(json.loads(json.dumps(to_json(answer)))) == answer


@pytest.mark.parametrize(
    "data",
    [None, [], {"kind": "thing"}, {"extra": 1}, {"bases": "abc"}, {"bases": [1]}, {"value": []}, {"name": 3}],
)
def test_what_is_no_answer_is_refused(data):
    with pytest.raises(ValueError, match="not a"):
        from_json(data)


def test_saved_is_loaded_and_added_to(tmp_path):
    file = tmp_path / "answers" / "a.json"
    first = {"zoo.Net": Entry(ANSWER, {"/p/zoo.py": (1, 2), "/p/base.py": (3, 4)})}
    second = {"zoo.other": Entry(Answer(), {"/p/zoo.py": (1, 2)})}
    save(file, first)
    save(file, second)
    assert load(file) == {**first, **second}
    assert [path.name for path in file.parent.iterdir()] == ["a.json"]


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"\xff\xfe", b"[]", b"3", b'{"files": [], "answers": {"a": [{}, [0]]}}', b'{"answers": {}}'],
)
def test_a_broken_file_is_a_log_line_and_is_written_anew(tmp_path, caplog, content):
    file = tmp_path / "a.json"
    file.write_bytes(content)
    assert load(file) == {}
    assert "broken cache" in caplog.text
    save(file, {"zoo.Net": Entry(ANSWER, {})})
    assert load(file) == {"zoo.Net": Entry(ANSWER, {})}


def test_a_missing_file_is_no_log_line(tmp_path, caplog):
    assert load(tmp_path / "a.json") == {}
    assert not caplog.records


def test_a_folder_that_cannot_be_written_is_a_log_line(tmp_path, caplog):
    (tmp_path / "answers").write_text("a file where a folder should be")
    save(tmp_path / "answers" / "a.json", {"zoo.Net": Entry(ANSWER, {})})
    assert "cannot keep answers" in caplog.text


def test_an_entry_holds_as_long_as_its_files(tmp_path):
    file = tmp_path / "zoo.py"
    file.write_text("class Net: ...")
    entry = Entry(ANSWER, {str(file): stamp(file)})
    assert entry.holds()
    os.utime(file, ns=(1, 1))
    assert not entry.holds()
    file.unlink()
    assert not entry.holds()


def test_the_file_depends_on_packages_interpreter_and_project(tmp_path):
    place = Place((Path("/p"),), (Path("/e"),), (3, 11))
    others = [
        cache_file(tmp_path, place, {"torch": "2.1"}),
        cache_file(tmp_path, place, {"torch": "2.2"}),
        cache_file(tmp_path, Place((Path("/q"),), (Path("/e"),), (3, 11)), {"torch": "2.1"}),
        cache_file(tmp_path, Place((Path("/p"),), (Path("/f"),), (3, 11)), {"torch": "2.1"}),
        cache_file(tmp_path, Place((Path("/p"),), (Path("/e"),), (3, 12)), {"torch": "2.1"}),
        cache_file(tmp_path, Place((Path("/p"), Path("/e")), (), (3, 11)), {"torch": "2.1"}),
    ]
    assert len(set(others)) == len(others)
    assert cache_file(tmp_path, place, {"torch": "2.1"}) == others[0]
