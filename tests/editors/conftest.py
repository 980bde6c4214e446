"""Finds the editors that tests/editors/install put in place, and the server that they start."""

import os
import platform
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from editor_samples import write
from filelock import FileLock

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
EDITORS = Path(os.environ.get("ML_LSP_EDITORS") or CACHE / "ml-lsp-editors")

Need = Callable[[Path], Path]


@pytest.fixture(scope="session")
def need() -> Need:
    """Gives a program or folder back if it is there; else fails in CI, and skips elsewhere."""

    def check(path: Path) -> Path:
        if not path.exists():
            missing = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
            missing(f"{path} is not there: run tests/editors/install")
        return path

    return check


@pytest.fixture(scope="session")
def editors() -> Path:
    """The folder of what is not a Debian package."""
    return EDITORS


def unpacked(program: str, editors: Path, need: Need) -> list[str | Path]:
    """The command of a program of Debian trixie, run with the C library it was unpacked with."""
    root = need(editors / "trixie")
    machine = platform.machine()
    loader = next(root.glob("usr/lib*/ld-linux-*.so.*"), None) or next(root.glob("usr/lib/*/ld-linux-*.so.*"))
    return [loader, "--library-path", root / f"usr/lib/{machine}-linux-gnu", root / program]


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `ml-lsp` and `python`: this Python, which sees these sources."""
    folder = tmp_path_factory.mktemp("programs")
    for name, arguments in (("ml-lsp", "-P -m ml_lsp"), ("python", "")):
        script = f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" {arguments} "$@"\n'
        write(folder / name, script).chmod(0o755)
    return folder


@pytest.fixture(scope="session")
def environment(programs: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """An environment whose `ml-lsp` is the one under test, and whose home is empty."""
    home = tmp_path_factory.mktemp("home")
    places = {f"XDG_{name}_HOME": str(home / name) for name in ("CONFIG", "DATA", "STATE", "CACHE")}
    path = os.pathsep.join((str(programs), os.environ["PATH"]))
    return {**os.environ, **places, "PATH": path, "HOME": str(home), "LC_ALL": "C.UTF-8"}


@pytest.fixture(scope="session")
def vsix(need: Need, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The extension, packed with the server as it is shipped."""
    client = ROOT / "vscode-client"
    need(client / "node_modules")
    machine = {"x86_64": "x64", "aarch64": "arm64"}[platform.machine()]
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    out = shared / "ml-lsp.vsix"
    # Packing fills one folder of the checkout, so of several processes only one may pack.
    with FileLock(shared / "packing.lock"):
        if not out.exists():
            pack(client, machine, out)
    return out


def pack(client: Path, machine: str, out: Path) -> None:
    """Pack the extension into `out`."""
    command = ["npm", "run", "--silent", "package", "--", "--target", f"linux-{machine}", "--out", str(out)]
    packing = subprocess.run(
        command,
        cwd=client,
        env={**os.environ, "PYTHON": sys.executable},
        capture_output=True,
        text=True,
        check=False,
    )
    assert packing.returncode == 0, packing.stdout + packing.stderr
