"""Which files are reviewed, and that reading and writing loses nothing."""

import json
import os
import stat
import subprocess
import sys
from dataclasses import replace

import pytest

from ml_lsp.cli import main
from ml_lsp.files import FoundFile, Skipped, find_files
from ml_lsp.textfile import LARGEST, Unreadable, Unwritable, read_text, write_back


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A function that writes files and returns what is found for arguments, relative to the folder."""
    monkeypatch.chdir(tmp_path)

    def make(*names, **texts):
        for name in names:
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(texts.get(name, "x = 1\n"), encoding="utf-8")
        return tmp_path

    return make


def found(*arguments, tune=lambda settings: settings, **options):
    return [str(item.path) for item in find_files(arguments, tune, **options) if isinstance(item, FoundFile)]


def skipped(*arguments):
    return [item for item in find_files(arguments, lambda settings: settings) if isinstance(item, Skipped)]


def test_a_folder_is_walked_in_order(tree):
    tree("b.py", "a.ipynb", "z/c.yaml", "z/d.json", "notes.txt", "e.yml", "m.pyc")
    assert found(".") == ["a.ipynb", "b.py", "e.yml", "z/c.yaml", "z/d.json"]


def test_what_is_not_ours_is_left_out(tree):
    root = tree(
        "a.py",
        ".hidden/b.py",
        ".venv/lib/c.py",
        "node_modules/d.json",
        "env/lib/e.py",
        "env/pyvenv.cfg",
        "conda/conda-meta/x.json",
        "conda/f.py",
        ".virtual_documents/g.py",
        ".ipynb_checkpoints/h.ipynb",
    )
    (root / "loop").symlink_to(root)
    (root / "link.py").symlink_to(root / "a.py")
    os.mkfifo(root / "pipe.py")
    assert found(".") == ["a.py"]


def test_gitignore_at_every_level(tree):
    root = tree("a.py", "gen/b.py", "keep/c.py", "keep/d.py", "keep/deep/e.py", "sub/gen/f.py", "out/g.py")
    (root / ".gitignore").write_text("gen/\n/out/*\n!/out/g.py\n*.tmp\n")
    (root / "keep/.gitignore").write_text("# all but one\n*.py\n!c.py\n")
    assert found(".") == ["a.py", "keep/c.py", "out/g.py"]
    subprocess.run(["git", "init", "-q", "."], cwd=root, check=True)
    assert found("keep/deep") == []
    assert found("sub") == []


def test_exclude_is_relative_to_the_settings_file(tree):
    root = tree("a.py", "old/b.py", "new/old/c.py", "new/d.py", "e_gen.py")
    (root / "ml-lsp.toml").write_text('exclude = ["/old/", "*_gen.py"]')
    assert found(".") == ["a.py", "new/d.py", "new/old/c.py"]
    # A file that is named is wanted, unless the caller names whatever changed.
    assert found("old/b.py", "a.py") == ["old/b.py", "a.py"]
    assert found("old/b.py", "a.py", force_exclude=True) == ["a.py"]


def test_the_nearest_settings_hold_for_each_file(tree):
    root = tree("a.py", "sub/b.py", "sub/deep/c.py")
    (root / "ml-lsp.toml").write_text('select = ["torch"]')
    (root / "sub/ml-lsp.toml").write_text('select = ["yaml"]')
    items = list(find_files(["."], lambda settings: replace(settings, ignore=("x",))))
    assert [item.settings.select for item in items] == [("torch",), ("yaml",), ("yaml",)]
    assert {item.settings.ignore for item in items} == {("x",)}


def test_arguments_that_overlap_name_each_file_once(tree):
    tree("a.py", "b/c.py")
    assert found("b", ".", "a.py", "b/c.py") == ["b/c.py", "a.py"]


def test_globs(tree):
    tree("src/a.py", "src/deep/b.py", "src/c.txt", "src/.d.py")
    assert found("src/**/*.py") == ["src/a.py", "src/deep/b.py"]
    assert found("sr*") == ["src/a.py", "src/deep/b.py"]


def test_what_is_not_there_is_said(tree):
    tree("a.py")
    assert [(str(item.path), item.named) for item in skipped("nope.py", "*.c", "a.py")] == [
        ("nope.py", True),
        ("*.c", True),
    ]


def test_a_file_too_large_is_said(tree):
    root = tree("a.py")
    with (root / "big.json").open("wb") as file:
        file.truncate(LARGEST + 1)
    (item,) = skipped(".")
    assert (str(item.path), item.reason, item.named) == ("big.json", "larger than 5 MB", False)


def test_patterns_that_would_take_for_ever_do_not(tree):
    root = tree("a" * 200 + ".py", "b.py")
    (root / ".gitignore").write_text("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b\nb.py\n")
    assert found(".") == ["a" * 200 + ".py"]


def test_a_tree_deeper_than_the_stack(tree):
    here = top = tree("a.py") / "deep"
    here.mkdir()
    try:
        for _ in range(sys.getrecursionlimit() + 100):
            here = here / "d"
            here.mkdir()
        assert found(".") == ["a.py"]
    finally:
        subprocess.run(["rm", "-rf", str(top)], check=True)  # deeper than shutil.rmtree's stack, too


@pytest.mark.parametrize(
    ("raw", "text", "encoding", "bom"),
    [
        (b"x = '\xc3\xa9'\r\ny\r\n", "x = 'é'\r\ny\r\n", "utf-8", b""),
        (b"\xef\xbb\xbfx\n", "x\n", "utf-8", b"\xef\xbb\xbf"),
        (
            b"# -*- coding: latin-1 -*-\nx = '\xe9'\n",
            "# -*- coding: latin-1 -*-\nx = 'é'\n",
            "iso-8859-1",
            b"",
        ),
        (b"#!/x\n# vim: fileencoding=cp1252\n\x80\n", "#!/x\n# vim: fileencoding=cp1252\n€\n", "cp1252", b""),
        (b"a\rb\nc\r\nd", "a\rb\nc\r\nd", "utf-8", b""),
        (b"", "", "utf-8", b""),
    ],
)
def test_text_is_read_and_written_back_as_it_was(tmp_path, raw, text, encoding, bom):
    path = tmp_path / "a.py"
    path.write_bytes(raw)
    file = read_text(path)
    assert (file.text, file.encoding, file.bom) == (text, encoding, bom)
    write_back(file, text + "z = 'é'\r\n")
    assert path.read_bytes() == raw + "z = 'é'\r\n".encode(encoding)


@pytest.mark.parametrize(
    ("raw", "said"),
    [
        (b"x = 1\ny = '\xe9'\n", "line 2 holds the byte 0xe9, which is not UTF-8"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "a binary file"),
        ("x = 1\n".encode("utf-16"), "UTF-16; save the file as UTF-8"),
        (b"# coding: no-such\n", "its coding comment cannot be used"),
        (b"# coding: rot13\nk = 1\n", "no text encoding"),
        (b"# coding: ascii\n\xe9\n", "which is not ASCII"),
        (b"\xef\xbb\xbf# coding: latin-1\n", "its coding comment cannot be used"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path, raw, said):
    path = tmp_path / "a.py"
    path.write_bytes(raw)
    with pytest.raises(Unreadable) as caught:
        read_text(path)
    assert said in str(caught.value)


def test_coding_comments_mean_nothing_outside_python(tmp_path):
    path = tmp_path / "a.yaml"
    path.write_bytes("# coding: latin-1\na: é\n".encode())
    assert read_text(path).encoding == "utf-8"


def test_what_is_no_file_is_refused(tmp_path):
    os.mkfifo(tmp_path / "a.py")
    for path in (tmp_path, tmp_path / "a.py"):
        with pytest.raises(Unreadable, match="not a regular file"):
            read_text(path)
    with pytest.raises(Unreadable, match="No such file"):
        read_text(tmp_path / "none.py")


def test_writing_keeps_mode_and_links(tmp_path):
    path, link = tmp_path / "a.py", tmp_path / "b.py"
    path.write_text("old\n")
    path.chmod(0o750)
    link.symlink_to(path)
    write_back(read_text(link), "new\n")
    assert link.is_symlink()
    assert path.read_text() == "new\n"
    assert stat.S_IMODE(path.stat().st_mode) == 0o750
    assert sorted(item.name for item in tmp_path.iterdir()) == ["a.py", "b.py"]


def test_writing_refuses_what_would_lose_something(tmp_path):
    path = tmp_path / "a.py"
    path.write_bytes(b"# coding: ascii\nx\n")
    file = read_text(path)
    with pytest.raises(Unwritable, match="has no character 'é'"):
        write_back(file, "é")
    path.write_bytes(b"changed\n")
    with pytest.raises(Unwritable, match="changed on disk"):
        write_back(file, "new")
    assert path.read_bytes() == b"changed\n"
    path.write_bytes(b"# coding: utf-7\n+AGE-\n")  # the same text has another spelling
    with pytest.raises(Unwritable, match="does not give the same bytes back"):
        write_back(read_text(path), "new")
    assert [item.name for item in tmp_path.iterdir()] == ["a.py"]


def test_config_files_are_found_from_python_and_back(tmp_path, tmp_path_factory, monkeypatch, capsysbinary):
    """Paths on the command line are relative, those of the project are not."""
    (tmp_path / "conf" / "model").mkdir(parents=True)
    (tmp_path / "pyproject.toml").write_text("")
    (tmp_path / "conf" / "config.yaml").write_text("defaults:\n  - model: small\n  - data: none\n")
    (tmp_path / "conf" / "model" / "small.yaml").write_text("hidden: 8\n")
    script = (
        '@hydra.main(version_base=None, config_path="conf", config_name="config")\ndef main(cfg):\n    pass\n'
    )
    (tmp_path / "train.py").write_text("import hydra\n\n" + script)
    # The cache lies outside: rule pages kept in it would be configuration of this project.
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path_factory.mktemp("cache")))
    monkeypatch.chdir(tmp_path)
    assert main(["check", "--format", "json", "."]) == 1
    found = json.loads(capsysbinary.readouterr().out)
    assert [(item["path"], item["line"]) for item in found] == [("conf/config.yaml", 3)]


@pytest.mark.parametrize("name", ["a.yaml", "a.YML", "a.json", "a.ipynb"])
def test_no_coding_comment_is_proposed_where_none_would_help(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"# coding: latin-1\n\xe9\n")
    with pytest.raises(Unreadable) as caught:
        read_text(path)
    assert str(caught.value).endswith("which is not UTF-8; save the file as UTF-8")
