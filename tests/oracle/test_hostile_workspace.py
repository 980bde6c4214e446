"""A workspace full of traps is asked about: nothing of it runs, and nothing hangs."""

import os
import py_compile
import subprocess
import sys
from pathlib import Path

import pytest

from ml_lsp.oracle.client import ask_now
from ml_lsp.oracle.interpreter import choose
from ml_lsp.oracle.process import Place
from ml_lsp.oracle.question import Question
from ml_lsp.semantics.files import workspace_files
from ml_lsp.semantics.layout import Layout, source_roots
from ml_lsp.semantics.requirements import requirement_versions

from .asking import write

pytestmark = pytest.mark.skipif(os.name == "nt", reason="plants FIFOs and POSIX interpreters")

TRAPS = ("jedi", "parso", "torch", "yaml", "sitecustomize", "usercustomize", "conftest", "setup", "typing",
         "builtins", "ml_lsp", "models", "_pickle")  # fmt: skip


@pytest.fixture
def marker(tmp_path) -> Path:
    return tmp_path / "ran"


@pytest.fixture
def workspace(tmp_path, marker, monkeypatch) -> Path:
    root = tmp_path / "workspace"
    spring = f"open({str(marker)!r}, 'a').write(__name__)\n"
    body = spring + "class Net: ...\ndef build(): return Net()\n"
    write(root, {f"{name}.py": body for name in TRAPS})
    write(root, {".jedi/project.json": f'[1, {{"path": "{root}", "load_unsafe_extensions": true}}]'})
    write(
        root, {"pyproject.toml": "[tool.ml-lsp]\npython = ['a', 3]\n[project]\ndependencies = {a = [[]]}\n"}
    )
    write(
        root,
        {"torch-stubs/other.pyi": "", "package/__init__.py": "import sys\nsys.path.append('../..')\n" + body},
    )
    plant_interpreter(root / ".venv", spring, marker)
    plant_compiled(root, spring)
    os.mkfifo(root / "pipe.py")
    os.mkfifo(root / "models.pyi")
    os.mkfifo(root / ".gitignore")
    (root / "loop").symlink_to(root)
    (root / "self.py").symlink_to(root / "self.py")
    (root / "zero.py").symlink_to("/dev/zero")
    with (root / "big.py").open("wb") as file:
        file.truncate(1 << 30)
    (root / "nested.py").write_text("(" * 50_000)
    monkeypatch.chdir(root)
    return root


def plant_interpreter(prefix: Path, spring: str, marker: Path) -> None:
    packages = prefix / "lib" / "python3.11" / "site-packages"
    write(prefix, {"pyvenv.cfg": "home = .\nversion = 3.11.1\n"})
    write(prefix, {"bin/python": f"#!/bin/sh\necho x > {marker}\n"})
    (prefix / "bin" / "python").chmod(0o755)
    write(packages, {"trap.pth": "import trap\n", "trap.py": spring, "sitecustomize.py": spring})
    write(packages, {"numpy/__init__.py": "from numpy._core import array\n" + spring})
    plant_compiled(packages / "numpy", spring, "_core")


def plant_compiled(folder: Path, spring: str, name: str = "compiled") -> None:
    """A module without source, which jedi would import to look into it."""
    source = folder / f"{name}_source.txt"
    source.write_text(spring + "def array(): ...\n")
    py_compile.compile(str(source), cfile=str(folder / f"{name}.pyc"), doraise=True)
    (folder / f"{name}2.cpython-311-x86_64-linux-gnu.so").write_bytes(b"\x7fELF")


QUESTIONS = [Question(f"{name}.{what}") for name in (*TRAPS, "package") for what in ("Net", "build")] + [
    Question(name)
    for name in (
        "compiled.array", "compiled2.array", "pipe.x", "self.x", "zero.x", "big.x", "nested.x", "numpy.array",
        "loop.loop.loop.models.build", "trap.x", "antigravity.x", "this.x", "torch.other.x", "..", "", "a..b",
        "\0", "models.build.__globals__.x", "os.system", "idlelib.idle.x", "__main__.x",
    )
]  # fmt: skip


@pytest.mark.parametrize("consent", [False, True])
def test_nothing_runs_and_nothing_hangs(workspace, marker, tmp_path, consent):
    chosen = choose(workspace, setting=".venv/bin/python", environment={}, consent=consent).interpreter
    assert (chosen.prefix == workspace / ".venv") is consent
    roots = source_roots(workspace, {})
    answers = ask_now(QUESTIONS, Place(roots, chosen.site_packages, chosen.version), tmp_path / "cache")
    assert answers[Question("package.build")].returns == ("package.Net",)
    assert answers[Question("jedi.build")].returns == ("jedi.Net",)
    assert answers[Question("loop.loop.loop.models.build")].kind == "function"
    for name in ("pipe.x", "self.x", "zero.x", "big.x", "nested.x", "compiled.array", "numpy.array"):
        assert answers[Question(name)].kind == "unknown"
    assert not marker.exists()


def test_the_traps_are_live(workspace, marker):
    """What the test above shows would be worth nothing if the plants could not run."""
    subprocess.run([workspace / ".venv" / "bin" / "python"], check=True)
    assert marker.exists()
    marker.unlink()
    code = "import sys; sys.path.insert(0, '.'); import compiled"
    subprocess.run([sys.executable, "-I", "-c", code], check=True, cwd=workspace)
    assert marker.exists()


def test_listing_and_reading_requirements_run_and_hang_nothing(workspace, marker):
    names = {path.name for path in workspace_files(workspace, (".py", ".pyi"))}
    assert {"jedi.py", "models.py", "__init__.py"} <= names
    assert not names & {"pipe.py", "models.pyi", "self.py", "zero.py", "big.py", "trap.py"}
    assert requirement_versions(workspace) == {}
    assert Layout((workspace,)).find("pipe", workspace / "train.py") is None
    assert not marker.exists()
