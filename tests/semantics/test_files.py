"""Reading and listing files of a workspace that nobody vouches for."""

import os
import sys
from pathlib import Path

import pytest

from ml_lsp.patterns import WildPattern
from ml_lsp.semantics.files import read_regular, read_text, stamp, workspace_files


def write(root: Path, **files: str) -> None:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def listed(root: Path, *suffixes: str, **options) -> list[str]:
    return [str(path.relative_to(root)) for path in workspace_files(root, suffixes or (".py",), **options)]


def test_reads_a_regular_file(tmp_path):
    (tmp_path / "a.py").write_bytes(b"\xef\xbb\xbfx = 1\n")
    assert read_regular(tmp_path / "a.py") == b"\xef\xbb\xbfx = 1\n"
    assert read_text(tmp_path / "a.py") == "x = 1\n"


def test_bytes_that_are_no_text_are_replaced(tmp_path):
    (tmp_path / "a.py").write_bytes(b"x = '\xe9'\n")
    assert read_text(tmp_path / "a.py") == "x = '\ufffd'\n"


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no FIFOs")
def test_a_fifo_is_refused_and_does_not_block(tmp_path):
    os.mkfifo(tmp_path / "pipe.py")
    with pytest.raises(OSError, match="not a regular file"):
        read_regular(tmp_path / "pipe.py")
    assert listed(tmp_path) == []


def test_a_sparse_gigabyte_is_refused_unread(tmp_path):
    with (tmp_path / "big.py").open("wb") as file:
        file.truncate(1 << 30)
    with pytest.raises(OSError, match="larger than"):
        read_regular(tmp_path / "big.py")
    assert listed(tmp_path) == []


@pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="needs Linux's /proc")
def test_a_file_that_lies_about_its_size_is_bounded_too():
    assert Path("/proc/self/maps").stat().st_size == 0
    with pytest.raises(OSError, match="larger than"):
        read_regular("/proc/self/maps", limit=100)


def test_a_stamp_tells_contents_apart(tmp_path):
    file = tmp_path / "a.py"
    assert stamp(file) == (0, 0)
    file.write_text("x")
    first = stamp(file)
    file.write_text("longer")
    assert first != stamp(file) != (0, 0)


def test_lists_by_suffix_in_a_fixed_order(tmp_path):
    write(tmp_path, **{"b.py": "", "a/c.py": "", "a/d.yaml": "", "e.ipynb": "", "f.pyc": ""})
    assert listed(tmp_path) == ["b.py", "a/c.py"]
    assert listed(tmp_path, ".yaml", ".ipynb") == ["e.ipynb", "a/d.yaml"]


def test_gitignore_files_are_respected_where_they_are(tmp_path):
    write(
        tmp_path,
        **{
            ".gitignore": "build/\n*_gen.py\n!keep_gen.py\n/only_top.py\n",
            "a.py": "", "x_gen.py": "", "keep_gen.py": "", "only_top.py": "",
            "build/b.py": "", "sub/build/c.py": "", "sub/only_top.py": "",
            "sub/.gitignore": "!x_gen.py\nlocal.py\n", "sub/x_gen.py": "", "sub/local.py": "",
            "sub/deep/local.py": "",
        },
    )  # fmt: skip
    assert listed(tmp_path) == ["a.py", "keep_gen.py", "sub/only_top.py", "sub/x_gen.py"]


def test_what_the_user_excludes_no_gitignore_brings_back(tmp_path):
    write(tmp_path, **{".gitignore": "!old/\n!old/a.py\n", "old/a.py": "", "new/a.py": ""})
    assert listed(tmp_path, exclude=["old/"]) == ["new/a.py"]


def test_environments_and_tools_folders_are_left_out(tmp_path):
    write(
        tmp_path,
        **{
            "venv-of-any-name/pyvenv.cfg": "", "venv-of-any-name/lib/x.py": "",
            "miniconda/conda-meta/history": "", "miniconda/lib/x.py": "",
            "node_modules/x.py": "", ".virtual_documents/x.py": "", "__pycache__/x.py": "",
            ".github/scripts/x.py": "", "main.py": "",
        },
    )  # fmt: skip
    assert listed(tmp_path) == ["main.py", ".github/scripts/x.py"]


def test_links_to_folders_are_not_followed(tmp_path):
    (tmp_path / "outside").mkdir()
    (tmp_path / "outside" / "secret.py").write_text("")
    root = tmp_path / "workspace"
    write(root, **{"a/b.py": ""})
    (root / "a" / "loop").symlink_to(root)
    (root / "self.py").symlink_to(root / "self.py")
    (root / "out").symlink_to(tmp_path / "outside")
    assert listed(root) == ["a/b.py"]


def test_a_broken_gitignore_ignores_nothing(tmp_path):
    write(tmp_path, **{"a.py": ""})
    (tmp_path / ".gitignore").symlink_to(tmp_path / ".gitignore")
    assert listed(tmp_path) == ["a.py"]


def test_a_pattern_that_could_hang_us_is_left_out_or_refused(tmp_path):
    wild = "*a" * 40 + "b.py"
    write(tmp_path, **{".gitignore": f"{wild}\nb.py\n", "a" * 200 + ".py": "", "b.py": ""})
    assert listed(tmp_path) == ["a" * 200 + ".py"]
    with pytest.raises(WildPattern):
        listed(tmp_path, exclude=[wild])


def test_a_tree_deeper_than_the_stack(tmp_path):
    made = [tmp_path / ("d/" * depth) for depth in range(1, sys.getrecursionlimit() + 200)]
    try:
        for folder in made:
            folder.mkdir()
        (made[-1] / "x.py").write_text("")
        assert len(listed(tmp_path)) == 1
        (made[-1] / "x.py").unlink()
    finally:
        for folder in reversed(made):  # pytest's own tidying up would be too deep for the stack
            folder.rmdir()


def test_a_folder_that_is_not_there_has_no_files(tmp_path):
    assert listed(tmp_path / "gone") == []
