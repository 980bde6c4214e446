"""Module names <-> files, held against what Python itself imports."""

import subprocess
import sys
from pathlib import Path

import pytest

from ml_lsp.semantics.layout import Found, Layout, module_name_of, source_roots


def find_module(dotted: str, from_path: Path, roots: list[Path]) -> Found | None:
    return Layout(tuple(roots)).find(dotted, from_path)


def resolve_module(dotted: str, from_path: Path, roots: list[Path]) -> Path | None:
    """The file of a module, if all of the name leads there."""
    found = find_module(dotted, from_path, roots)
    return found.path if found and not found.rest else None


def touch(root: Path, *names: str) -> None:
    for name in names:
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("")


def imported_by_python(script: Path, dotted: str, roots: list[Path]) -> Path | None:
    """The file that Python imports as `dotted` in `script`."""
    code = f"import importlib; print(importlib.import_module({dotted!r}).__file__)"
    path = [str(script.parent), *map(str, roots)]
    run = subprocess.run(
        [sys.executable, "-I", "-c", f"import sys; sys.path[:0] = {path!r}; {code}"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    return Path(run.stdout.strip()) if run.returncode == 0 and run.stdout.strip() != "None" else None


FILES = [
    *("models.py", "train.py", "both/__init__.py", "both.py", "space/one.py"),
    *("zoo/__init__.py", "zoo/net.py", "zoo/deep/__init__.py", "zoo/deep/unet.py"),
    *("scripts/run.py", "scripts/local.py", "scripts/models.py"),
]


@pytest.mark.parametrize(
    "dotted",
    [
        "models",
        "both",
        "zoo",
        "zoo.net",
        "zoo.deep",
        "zoo.deep.unet",
        "space.one",
        "local",
        "nothing",
        "zoo.nothing",
    ],
)
@pytest.mark.parametrize("script", ["train.py", "scripts/run.py"])
def test_absolute_names_lead_where_python_goes(tmp_path, dotted, script):
    touch(tmp_path, *FILES)
    expected = imported_by_python(tmp_path / script, dotted, [tmp_path])
    assert resolve_module(dotted, tmp_path / script, [tmp_path]) == expected


def test_a_root_that_is_a_package_holds_no_other_names(tmp_path):
    touch(tmp_path, "__init__.py", "net.py", "run.py")
    assert find_module("torch.nn", tmp_path / "run.py", [tmp_path]) is None
    assert find_module("net.Net", tmp_path / "run.py", [tmp_path]) == Found(tmp_path / "net.py", ("Net",))
    assert find_module(".Net", tmp_path / "run.py", [tmp_path]) == Found(tmp_path / "__init__.py", ("Net",))


@pytest.mark.parametrize(
    ("dotted", "start", "expected"),
    [
        (".net", "zoo/__init__.py", "zoo/net.py"),
        (".", "zoo/net.py", "zoo/__init__.py"),
        ("..net", "zoo/deep/unet.py", "zoo/net.py"),
        ("..", "zoo/deep/unet.py", "zoo/__init__.py"),
        (".unet", "zoo/deep/__init__.py", "zoo/deep/unet.py"),
        (".missing", "zoo/net.py", None),
        ("....models", "zoo/deep/unet.py", None),
    ],
)
def test_relative_names(tmp_path, dotted, start, expected):
    touch(tmp_path, *FILES)
    found = resolve_module(dotted, tmp_path / start, [tmp_path])
    assert found == (tmp_path / expected if expected else None)


def test_what_follows_the_module_is_left_to_look_up(tmp_path):
    touch(tmp_path, *FILES)
    train = tmp_path / "train.py"
    assert find_module("models.build", train, [tmp_path]) == Found(tmp_path / "models.py", ("build",))
    assert find_module("zoo.Net.forward", train, [tmp_path]) == Found(
        tmp_path / "zoo" / "__init__.py", ("Net", "forward")
    )
    assert find_module(".Net", tmp_path / "zoo" / "net.py", [tmp_path]) == Found(
        tmp_path / "zoo" / "__init__.py", ("Net",)
    )
    assert find_module("torch.nn", train, [tmp_path]) is None
    assert find_module("space", train, [tmp_path]) is None


def test_a_package_in_a_later_root_goes_before_a_plain_folder(tmp_path):
    touch(tmp_path, "wandb/run-1/notes.txt", "src/wandb/__init__.py")
    roots = [tmp_path, tmp_path / "src"]
    assert resolve_module("wandb", tmp_path / "train.py", roots) == tmp_path / "src/wandb/__init__.py"


def test_a_namespace_package_is_spread_over_roots(tmp_path):
    touch(tmp_path, "space/one.py", "src/space/two.py")
    roots = [tmp_path, tmp_path / "src"]
    assert resolve_module("space.two", tmp_path / "train.py", roots) == tmp_path / "src/space/two.py"


def test_a_stub_stands_in_for_a_missing_module_only(tmp_path):
    touch(tmp_path, "fast.pyi", "slow.py", "slow.pyi")
    assert resolve_module("fast", tmp_path / "train.py", [tmp_path]) == tmp_path / "fast.pyi"
    assert resolve_module("slow", tmp_path / "train.py", [tmp_path]) == tmp_path / "slow.py"


@pytest.mark.parametrize("dotted", ["", "a..b", "models.", "../etc/passwd", "models/x", "a b", "\0"])
def test_what_is_no_name_leads_nowhere(tmp_path, dotted):
    touch(tmp_path, *FILES)
    assert resolve_module(dotted, tmp_path / "train.py", [tmp_path]) is None


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("models.py", "models"),
        ("zoo/__init__.py", "zoo"),
        ("zoo/deep/unet.py", "zoo.deep.unet"),
        ("src/lib/core.py", "lib.core"),
        ("stubs/fast.pyi", "stubs.fast"),
        ("train-v2.py", None),
        ("README.md", None),
        ("__init__.py", None),
    ],
)
def test_names_of_files(tmp_path, path, name):
    assert module_name_of(tmp_path / path, [tmp_path, tmp_path / "src"]) == name


def test_a_file_outside_has_no_name(tmp_path):
    assert module_name_of(tmp_path / "models.py", [tmp_path / "src"]) is None


def test_roots_are_the_workspace_src_and_what_settings_name(tmp_path):
    touch(tmp_path, "src/lib/__init__.py", "code/a.py", "python/b.py")
    pyproject = {
        "tool": {
            "setuptools": {"packages": {"find": {"where": ["code"]}}},
            "poetry": {"packages": [{"include": "b", "from": "python"}]},
        }
    }
    assert source_roots(tmp_path, pyproject) == tuple(
        tmp_path / name for name in ("code", "python", "src", "")
    )


def test_a_src_that_is_a_package_is_no_root(tmp_path):
    touch(tmp_path, "src/__init__.py")
    assert source_roots(tmp_path, {}) == (tmp_path,)


@pytest.mark.parametrize("where", ["..", "/etc", "link", 7, None, ["x"], "a\0b", "missing"])
def test_odd_settings_name_no_root(tmp_path, where):
    outside = tmp_path / "outside"
    workspace = tmp_path / "workspace"
    outside.mkdir()
    workspace.mkdir()
    (workspace / "link").symlink_to(outside)
    pyproject = {"tool": {"setuptools": {"packages": {"find": {"where": [where]}}, "package-dir": where}}}
    assert source_roots(workspace, pyproject) == (workspace,)
    assert source_roots(workspace, {"tool": where}) == (workspace,)


def test_what_is_no_regular_file_is_no_module(tmp_path):
    (tmp_path / "loop.py").symlink_to(tmp_path / "loop.py")
    (tmp_path / "folder.py").mkdir()
    touch(tmp_path, "real.py")
    (tmp_path / "linked.py").symlink_to(tmp_path / "real.py")
    layout = Layout((tmp_path,))
    names = ("loop", "folder", "real", "linked", "a\0b", "x" * 300, "")
    found = {name for name in names if layout.find(name, tmp_path / "train.py")}
    assert found == {"real", "linked"}


def test_a_folder_is_looked_into_once(tmp_path):
    touch(tmp_path, *FILES)
    layout = Layout((tmp_path,))
    assert layout.find("zoo.net", tmp_path / "train.py")
    (tmp_path / "late.py").write_text("")
    assert layout.find("late", tmp_path / "train.py") is None
    assert find_module("late", tmp_path / "train.py", [tmp_path]) == Found(tmp_path / "late.py", ())
