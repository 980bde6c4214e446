"""Real files to measure on, taken at run time from a pinned release of transformers; none are committed."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

RELEASE = "transformers==4.57.1"
SIZES = (100, 1_000, 5_000, 20_000)
CELLS = 200
LONGEST_CELL = 25  # lines


def sources(folder: Path) -> dict[str, str]:
    """The Python files of the release by name; downloaded into `folder` if they are not there yet."""
    wheels = list(folder.glob("transformers-*.whl"))
    if not wheels:
        command = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--only-binary", ":all:"]
        subprocess.run([*command, "-d", str(folder), RELEASE], check=True)
        wheels = list(folder.glob("transformers-*.whl"))
    with zipfile.ZipFile(wheels[0]) as wheel:
        names = [name for name in wheel.namelist() if name.endswith(".py")]
        return {name: wheel.read(name).decode() for name in names}


def measured_files(folder: Path) -> dict[int, Path]:
    """A file of about each size, the same in every run; the largest is several files behind each other."""
    texts = sources(folder)
    by_length = sorted((text.count("\n"), name) for name, text in texts.items())
    files = {}
    for size in SIZES:
        file = folder / f"ml_{size}.py"
        if size < SIZES[-1]:
            _, name = min(by_length, key=lambda item: (abs(item[0] - size), item[1]))
            file.write_text(texts[name])
        else:
            file.write_text("".join(_until(size, [texts[name] for _, name in reversed(by_length)])))
        files[size] = file
    return files


def _until(size: int, texts: list[str]) -> Iterator[str]:
    """Of the longest texts, as many of plain ASCII as make `size` lines."""
    lines = 0
    for text in (text for text in texts if text.isascii() and "modeling" not in text[:200]):
        if lines + text.count("\n") > size * 1.1:
            continue
        yield text
        lines += text.count("\n")
        if lines >= size * 0.9:
            return


def checked_folder(folder: Path) -> Path:
    """A folder of 150 model files to check as a whole."""
    target = folder / "checked"
    if not target.exists():
        chosen = sorted(name for name in sources(folder) if "/modeling_" in name)[:150]
        texts = sources(folder)
        target.mkdir()
        for name in chosen:
            (target / Path(name).name).write_text(texts[name])
    return target


def notebook_cells(folder: Path) -> list[str]:
    """The cells of a notebook: short functions of real files, no two alike."""
    functions: dict[str, str] = {}
    for name, text in sorted(sources(folder).items()):
        if name.startswith("transformers/") and "def " in text and len(functions) < CELLS:
            for node in ast.parse(text).body:
                if isinstance(node, ast.FunctionDef) and (node.end_lineno or 0) - node.lineno < LONGEST_CELL:
                    functions.setdefault(node.name, ast.get_source_segment(text, node) or "")
    return ["import torch\nfrom torch import nn\n", *functions.values()][:CELLS]


def as_json(path: Path, value: object) -> None:
    """Write a value for other programs to read."""
    path.write_text(json.dumps(value, indent=1) + "\n")
