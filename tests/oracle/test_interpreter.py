"""Which Python is chosen, and that it is found by its files alone."""

import importlib.metadata
import os
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest
from packaging.utils import canonicalize_name

from ml_lsp.oracle.interpreter import choose, installed_versions, locate, own

posix = pytest.mark.skipif(os.name == "nt", reason="POSIX layout")


def make_environment(prefix: Path, version: str = "3.10") -> Path:
    """The files of an environment that pip could install into; its python must never run."""
    site_packages = prefix / "lib" / f"python{version}" / "site-packages"
    site_packages.mkdir(parents=True)
    (prefix / "bin").mkdir()
    (prefix / "bin" / "python").write_text("#!/bin/sh\nexit 1\n")
    (prefix / "pyvenv.cfg").write_text(f"home = /usr/bin\nversion = {version}.4\n")
    return prefix


@pytest.fixture
def workspace(tmp_path):
    folder = tmp_path / "workspace"
    folder.mkdir()
    return folder


@posix
def test_a_real_venv_is_found_by_folder_and_by_executable(tmp_path):
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "env"], check=True)
    expected = (
        tmp_path / "env" / "lib" / f"python{sys.version_info[0]}.{sys.version_info[1]}" / "site-packages"
    )
    for path in (tmp_path / "env", tmp_path / "env" / "bin" / "python"):
        found = locate(path, "test")
        assert found is not None
        assert (found.site_packages, found.version) == ((expected,), sys.version_info[:2])


@posix
def test_a_venv_may_see_the_system_packages_too(tmp_path):
    base = make_environment(tmp_path / "base")
    prefix = make_environment(tmp_path / "env")
    (prefix / "pyvenv.cfg").write_text(
        f"home = {base / 'bin'}\nversion = 3.10.4\ninclude-system-site-packages = true\n"
    )
    found = locate(prefix, "test")
    assert found.site_packages == tuple(
        folder / "lib" / "python3.10" / "site-packages" for folder in (prefix, base)
    )


@posix
def test_conda_has_no_pyvenv_cfg(tmp_path):
    prefix = make_environment(tmp_path / "conda", "3.9")
    (prefix / "pyvenv.cfg").unlink()
    found = locate(prefix / "bin" / "python", "test")
    assert (found.prefix, found.version) == (prefix, (3, 9))


def test_windows_layout(tmp_path):
    packages = tmp_path / "env" / "Lib" / "site-packages"
    packages.mkdir(parents=True)
    (tmp_path / "env" / "pyvenv.cfg").write_text("version_info = 3.12.1.final.0\n")
    found = locate(tmp_path / "env" / "Scripts" / "python.exe", "test")
    assert (found.site_packages, found.version) == ((packages,), (3, 12))


@posix
def test_folders_that_pth_files_name_are_used_and_their_code_is_not_run(tmp_path):
    prefix = make_environment(tmp_path / "env")
    packages = prefix / "lib" / "python3.10" / "site-packages"
    (tmp_path / "editable").mkdir()
    marker = tmp_path / "ran"
    (packages / "e.pth").write_text(
        f"# comment\n{tmp_path / 'editable'}\n/no/such/folder\nimport os; open({str(marker)!r}, 'w')\n"
    )
    assert locate(prefix, "test").site_packages == (packages, tmp_path / "editable")
    assert not marker.exists()


def test_what_has_no_packages_is_none(tmp_path):
    (tmp_path / "shim").write_text("#!/bin/sh\n")
    for path in (tmp_path, tmp_path / "shim", tmp_path / "missing" / "bin" / "python"):
        assert locate(path, "test") is None


@posix
def test_the_order_of_wishes(workspace, tmp_path):
    wishes = {name: str(make_environment(tmp_path / name)) for name in ("a", "b", "c", "d", "e")}
    environment = {"VIRTUAL_ENV": wishes["c"], "CONDA_PREFIX": wishes["d"]}
    options = {"setting": wishes["a"], "editor": wishes["b"], "configured": wishes["e"]}
    chosen = []
    for spoilt in ("setting", "editor", "VIRTUAL_ENV", "CONDA_PREFIX", "configured", None):
        choice = choose(workspace, **options, environment=environment)
        chosen.append(choice.interpreter.source)
        options.pop(spoilt, None)
        environment.pop(spoilt, None)
    assert chosen == ["setting", "editor", "VIRTUAL_ENV", "CONDA_PREFIX", "configuration", "server"]


@posix
def test_one_inside_the_workspace_needs_consent(workspace, tmp_path):
    prefix = make_environment(workspace / ".venv")
    for wish in (".venv", ".venv/bin/python", str(prefix), f"{workspace}/../workspace/.venv"):
        without = choose(workspace, setting=wish, environment={})
        assert without.interpreter == own()
        assert "consent" in without.refused[0]
        assert choose(workspace, setting=wish, environment={}, consent=True).interpreter.prefix == prefix
    assert choose(workspace, environment={"VIRTUAL_ENV": str(prefix)}).interpreter == own()


@posix
def test_a_link_does_not_hide_where_an_interpreter_is(workspace, tmp_path):
    make_environment(workspace / "tools")
    (tmp_path / "innocent").symlink_to(workspace / "tools")
    assert choose(workspace, configured=str(tmp_path / "innocent"), environment={}).interpreter == own()
    outside = make_environment(tmp_path / "outside")
    (workspace / "link").symlink_to(outside)
    assert choose(workspace, configured="link", environment={}).interpreter == own()


def test_what_cannot_be_used_is_said(workspace, tmp_path):
    choice = choose(workspace, setting=str(tmp_path / "gone" / "python"), environment={})
    assert choice.interpreter == own()
    assert "setting" in choice.refused[0]


@posix
def test_a_bare_name_is_looked_up_on_path(workspace, tmp_path, monkeypatch):
    prefix = make_environment(tmp_path / "env")
    (prefix / "bin" / "python").chmod(0o755)
    monkeypatch.setenv("PATH", str(prefix / "bin"))
    assert choose(workspace, setting="python", environment={}).interpreter.prefix == prefix


@pytest.mark.parametrize("content", ["", "version", "version = x", "home = \nversion = 3", "=\n==\n", "\0"])
def test_odd_pyvenv_cfg(tmp_path, content):
    prefix = tmp_path / "env"
    (prefix / "lib" / "python3.9" / "site-packages").mkdir(parents=True)
    (prefix / "pyvenv.cfg").write_text(content)
    assert locate(prefix, "test").version == (3, 9)


def test_installed_versions_are_what_python_says():
    folder = Path(sysconfig.get_path("purelib"))
    expected = {
        canonicalize_name(item.metadata["Name"]): item.version
        for item in importlib.metadata.distributions(path=[str(folder)])
    }
    assert expected
    assert installed_versions([folder]) == expected


def test_the_first_of_two_folders_counts(tmp_path):
    for folder, version in (("a", "2.1.0+cu118"), ("b", "1.13")):
        (tmp_path / folder / f"torch-{version}.dist-info").mkdir(parents=True)
    (tmp_path / "b" / "PyYAML-6.0.1.dist-info").mkdir()
    (tmp_path / "b" / "Old_Style-1.0-py3.8.egg-info").mkdir()
    (tmp_path / "b" / "notes.dist-info").mkdir()
    assert installed_versions([tmp_path / "a", tmp_path / "b", tmp_path / "missing"]) == {
        "torch": "2.1.0+cu118", "pyyaml": "6.0.1", "old-style": "1.0",
    }  # fmt: skip
