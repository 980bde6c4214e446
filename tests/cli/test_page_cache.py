"""Rule pages kept between starts: the same rules, and never stale ones."""

import os
from datetime import date

import pytest

from ml_lsp import page_cache
from ml_lsp.catalogue import read_rules, rules_folder, shipped_rules
from ml_lsp.page_cache import kept_pages


@pytest.fixture
def pages(tmp_path, monkeypatch):
    """A folder with one page, and a function that reads it as `kept_pages` does."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    page = tmp_path / "rules" / "torch" / "a.yaml"
    page.parent.mkdir(parents=True)
    page.write_text("one")

    def read():
        read.times += 1
        return {"torch/a": {"said": page.read_text()}}

    read.times = 0
    return page, read, lambda: kept_pages(tmp_path / "rules", read)


def test_pages_are_read_once(pages):
    _, read, kept = pages
    assert kept() == kept() == {"torch/a": {"said": "one"}}
    assert read.times == 1


def test_a_changed_new_or_removed_page_is_seen(pages):
    page, read, kept = pages
    kept()
    page.write_text("two!")
    assert kept() == {"torch/a": {"said": "two!"}}
    stamp = page.stat().st_mtime_ns
    page.write_text("six!")
    os.utime(page, ns=(stamp, stamp + 1))
    assert kept() == {"torch/a": {"said": "six!"}}
    (page.parent / "b.yaml").write_text("")
    kept()
    assert read.times == 4


def test_another_version_of_the_program_reads_anew(pages, monkeypatch):
    _, read, kept = pages
    kept()
    monkeypatch.setattr(page_cache, "__version__", "9")
    kept()
    assert read.times == 2


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b"null", b'{"stamp": 1}', b"\xff", b"[" * 100_000])
def test_a_torn_file_is_made_anew(pages, content):
    _, read, kept = pages
    kept()
    (file,) = page_cache._file_for(pages[0].parents[1]).parent.iterdir()
    file.write_bytes(content)
    assert kept() == {"torch/a": {"said": "one"}}
    assert kept() == {"torch/a": {"said": "one"}}
    assert read.times == 2


@pytest.mark.parametrize("value", [date(2026, 1, 1), {1: "a"}, {1.5: "a"}])
def test_what_json_would_change_is_not_kept(pages, value):
    page, _, _ = pages
    for _ in range(2):
        assert kept_pages(page.parents[1], lambda: {"torch/a": value}) == {"torch/a": value}


def test_a_folder_that_cannot_be_written_does_no_harm(pages, monkeypatch):
    page, read, kept = pages
    monkeypatch.setenv("XDG_CACHE_HOME", str(page))  # a file
    assert kept() == kept()
    assert read.times == 2


def test_kept_rules_are_those_of_the_pages(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    fresh = [vars(rule) for rule in read_rules(rules_folder())]
    for _ in range(2):
        shipped_rules.cache_clear()
        assert [vars(rule) for rule in shipped_rules()] == fresh
