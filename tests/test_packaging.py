"""What is generated is fresh, every check has a page, and the wheel works in an empty environment."""

from __future__ import annotations

import subprocess
import sys
import venv
from pathlib import Path

from ml_lsp.catalogue import shipped_rules
from ml_lsp.pages import ROOT, generated


def test_generated_pages_are_fresh() -> None:
    wanted = generated()
    for path, text in wanted.items():
        assert path.is_file() and path.read_text(encoding="utf-8") == text, (
            f"{path}: run python -m ml_lsp.pages"
        )
    assert set((ROOT / "docs" / "rules").glob("*/*.md")) <= wanted.keys()


def test_every_check_has_a_page() -> None:
    pages = {rule.id for rule in shipped_rules()}
    for path in (ROOT / "ml_lsp" / "checks").glob("*/[!_]*.py"):
        assert f"{path.parent.name}/{path.stem}".replace("_", "-") in pages, path


def test_the_wheel_works_in_an_empty_environment(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "build", "--wheel", "--outdir", tmp_path, ROOT], check=True)
    [wheel] = tmp_path.glob("*.whl")
    venv.create(tmp_path / "env", with_pip=True)
    scripts = tmp_path / "env" / ("Scripts" if sys.platform == "win32" else "bin")
    subprocess.run([scripts / "python", "-m", "pip", "install", "--quiet", wheel], check=True)
    project = ROOT / "tests" / "projects" / "flowers"
    done = subprocess.run(
        [scripts / "ml-lsp", "check", project], check=False, cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 1, done.stderr
    assert "yaml/load-without-loader" in done.stdout
