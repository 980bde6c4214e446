"""Where the oracle's tests find installed packages, and how they ask."""

import os
import sysconfig
from importlib.util import find_spec
from pathlib import Path

import pytest

from ml_lsp.oracle.interpreter import Interpreter, locate, own
from ml_lsp.oracle.process import Place

BIG_PACKAGES = ("torch", "lightning", "ray", "yaml", "typer")
VARIABLE = "ML_LSP_TEST_PACKAGES"


@pytest.fixture(scope="session")
def packages() -> Interpreter:
    """An interpreter with the libraries of the extra `oracle-test`: the variable's, else the current one."""
    named = os.environ.get(VARIABLE)
    found = locate(Path(named), "test") if named else own()
    folders = found.site_packages if found else ()
    missing = [name for name in BIG_PACKAGES if not any((folder / name).is_dir() for folder in folders)]
    if missing:
        reason = f"not installed: {missing} (pip install ml-lsp[oracle-test], or set {VARIABLE})"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    return found


@pytest.fixture(scope="session")
def warm_folder(tmp_path_factory) -> Path:
    """A cache folder for all tests, so that torch is parsed once."""
    return tmp_path_factory.mktemp("oracle-cache")


@pytest.fixture
def small_place(tmp_path) -> Place:
    """A project in an empty folder, in an interpreter with the few packages that ml-lsp itself has."""
    assert find_spec("yaml")
    root = tmp_path / "workspace"
    root.mkdir()
    return Place((root,), (Path(sysconfig.get_path("purelib")), *own().site_packages), (3, 11))
