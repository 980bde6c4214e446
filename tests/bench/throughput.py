"""How many lines a second `check` reviews, cold and with what it kept, beside torchfix on the same files."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import venv
from pathlib import Path

ROOT = Path(__file__).parents[2]
TORCHFIX = "torchfix==0.7.0"


def lines_per_second(command: list[str], folder: Path, env: dict[str, str] | None = None) -> float:
    """Run a checker over a folder once; it may find something, but not fail."""
    lines = sum(file.read_text().count("\n") for file in folder.glob("*.py"))
    started = time.perf_counter()
    done = subprocess.run(
        command, env={**os.environ, **(env or {})}, capture_output=True, text=True, check=False
    )
    taken = time.perf_counter() - started
    if done.returncode not in (0, 1):
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    return lines / taken


def measure(folder: Path, cache: Path) -> dict[str, float]:
    """Lines a second: ours without what earlier runs kept, and torchfix with all its rules."""
    ours = [sys.executable, "-m", "ml_lsp", "check", "--no-cache", str(folder)]
    theirs = [str(_torchfix(cache)), "--select=ALL", str(folder)]
    return {
        "ml-lsp check": lines_per_second(ours, folder, {"PYTHONPATH": str(ROOT)}),
        "torchfix": lines_per_second(theirs, folder),
    }


def _torchfix(cache: Path) -> Path:
    """The program, installed into an environment of its own."""
    place = cache / "torchfix"
    program = place / "bin" / "torchfix"
    if not program.exists():
        venv.create(place, with_pip=True)
        subprocess.run([str(place / "bin" / "pip"), "install", "-q", TORCHFIX], check=True)
    return program
