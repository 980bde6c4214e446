"""The pre-commit hooks, installed by pre-commit itself from a clean clone of this repository."""

import os
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
IN_CI = bool(os.environ.get("CI"))

CONFIG = """
repos:
  - repo: {clone}
    rev: {revision}
    hooks:
      - id: ml-lsp
        args: [--ignore, torch]
      - id: ml-lsp-fix
        stages: [manual]
"""


def git(folder, *arguments):
    identity = ["-c", "user.name=test", "-c", "user.email=test@example.org"]
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


@pytest.mark.skipif(not IN_CI and find_spec("pre_commit") is None, reason="pre-commit is not installed")
@pytest.mark.skipif(not IN_CI and not (ROOT / ".git").exists(), reason="not a git checkout")
def test_hooks_from_a_clean_clone(tmp_path):
    clone, project = tmp_path / "clone", tmp_path / "project"
    git(tmp_path, "clone", "-q", "--no-local", str(ROOT), str(clone))
    project.mkdir()
    git(project, "init", "-q")
    config = CONFIG.format(clone=clone, revision=git(clone, "rev-parse", "HEAD"))
    (project / ".pre-commit-config.yaml").write_text(config)
    (project / "ml-lsp.toml").write_text('exclude = ["generated.py"]\n')
    (project / "train.py").write_text("x = 1  # ml-lsp: ignore\n")
    (project / "generated.py").write_text("x = 1  # ml-lsp: ignore\n")
    git(project, "add", "-A")

    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    environment |= {"PRE_COMMIT_HOME": str(tmp_path / "home"), "XDG_CACHE_HOME": str(tmp_path / "cache")}

    def run(*arguments):
        return subprocess.run(
            [sys.executable, "-m", "pre_commit", "run", "--all-files", *arguments],
            cwd=project,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    found = run()
    assert found.returncode == 1, found.stdout + found.stderr
    assert "train.py:1:8: hint ml-lsp/unused-ignore" in found.stdout
    assert "generated.py" not in found.stdout
    fixed = run("--hook-stage", "manual", "ml-lsp-fix")
    assert "files were modified by this hook" in fixed.stdout
    assert (project / "train.py").read_text() == "x = 1\n"
    assert run().returncode == 0
