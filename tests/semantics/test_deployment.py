"""The commands that a project installs, and what its files say of deployment."""

from __future__ import annotations

from pathlib import Path

from ml_lsp.semantics.deployment import deployment_says, scripts
from ml_lsp.semantics.project import Project
from ml_lsp.shelf import Shelf


def project(folder: Path, files: dict[str, str]) -> Project:
    """A project of these files."""
    for name, text in files.items():
        (folder / name).write_text(text, encoding="utf-8")
    return Shelf().project([folder], [folder / name for name in files])


def test_scripts_of_all_files(tmp_path: Path) -> None:
    files = {
        "pyproject.toml": '[project]\nversion = "1"\n[project.scripts]\na = "pkg.cli:app"\n'
        '[tool.poetry.scripts]\nb = "pkg:main"\nc = 3\n',
        "setup.cfg": "[options.entry_points]\nconsole_scripts =\n    d = pkg.other:run\n",
        "setup.py": 'version = "0.0.0"\nsetup(entry_points={"console_scripts": [\n    "e=pkg.e:main",\n]})\n',
    }
    found = scripts(project(tmp_path, files))
    assert [(s.name, s.module, s.attribute) for s in found] == [
        ("a", "pkg.cli", "app"), ("b", "pkg", "main"), ("d", "pkg.other", "run"), ("e", "pkg.e", "main"),
    ]  # fmt: skip
    assert [files[s.file.name][s.span.start : s.span.end] for s in found] == [
        "pkg.cli:app", "pkg:main", "pkg.other:run", "pkg.e:main",
    ]  # fmt: skip
    assert [s.is_published for s in found] == [True, True, True, False]


def test_files_that_are_not_understood(tmp_path: Path) -> None:
    assert scripts(project(tmp_path, {"pyproject.toml": "[project\n", "setup.py": "x = 1\n"})) == ()
    assert scripts(project(tmp_path, {"pyproject.toml": "[project]\nscripts = 3\n"})) == ()


def test_what_is_said_of_deployment(tmp_path: Path) -> None:
    found = project(tmp_path, {"Dockerfile": "FROM x\n", ".env": "LOGURU_DIAGNOSE=NO\n", "a.yaml": "b: 1\n"})
    assert deployment_says(found, "")
    assert deployment_says(found, "LOGURU_DIAGNOSE")
    assert not deployment_says(found, "LOGURU_LEVEL")


def test_a_project_without_such_files(tmp_path: Path) -> None:
    assert not deployment_says(project(tmp_path, {"a.py": "", "a.yaml": "b: 1\n"}), "")


def test_kubernetes_is_a_deployment(tmp_path: Path) -> None:
    job = "apiVersion: batch/v1\nkind: Job\nspec:\n  containers: []\n"
    assert deployment_says(project(tmp_path, {"job.yaml": job}), "")
    assert not deployment_says(project(tmp_path, {"job.yaml": "apiVersion: v1\nkind: ConfigMap\n"}), "")


def test_commands_on_one_line(tmp_path: Path) -> None:
    setup = 'setup(entry_points={"console_scripts": ["a=pkg:main", "b = pkg.b:app"]})\n'
    found = scripts(project(tmp_path, {"setup.py": setup}))
    assert [(s.name, s.module, s.attribute) for s in found] == [("a", "pkg", "main"), ("b", "pkg.b", "app")]
