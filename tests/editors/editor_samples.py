"""The files that every editor is shown, with their findings and what fixes make of them."""

import json
from pathlib import Path
from typing import NamedTuple

RULE = "yaml/load-without-loader"
FIX = "Use `yaml.safe_load`"

# A tab, an accent and an emoji stand before the first finding, an accent before the second.
TEXT = """\
import yaml

def read(fh):
\tcafé = {"🚀": yaml.load(fh)}
\tété = café, yaml.load(fh)
\treturn été
"""
FIXED = TEXT.replace("yaml.load(", "yaml.safe_load(")
CLEAN = "import yaml\n\nstream = open('é.yaml')\n"


class Place(NamedTuple):
    """A finding: 0-based line, first column and the one after the last, in code units of an encoding."""

    line: int
    start: int
    end: int


PLACES = {
    "utf-8": (Place(3, 18, 27), Place(4, 16, 25)),
    "utf-16": (Place(3, 15, 24), Place(4, 13, 22)),
    "utf-32": (Place(3, 14, 23), Place(4, 13, 22)),
}


def windows(text: str) -> str:
    """The same text with CRLF line ends."""
    return text.replace("\n", "\r\n")


def notebook() -> str:
    """A notebook whose third cell has a finding, after an emoji."""
    cells = [
        {"cell_type": "markdown", "id": "a", "metadata": {}, "source": ["# Déjà vu 🚀"]},
        code_cell("b", ["%matplotlib inline\n", "import yaml\n", 'fh = open("é.yaml")']),
        code_cell("c", ['x = "🚀", yaml.load(fh)']),
    ]
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    metadata = {"kernelspec": kernel, "language_info": {"name": "python"}}
    content = {"cells": cells, "metadata": metadata, "nbformat": 4, "nbformat_minor": 5}
    return json.dumps(content, indent=1, ensure_ascii=False) + "\n"


def code_cell(name: str, source: list[str]) -> dict[str, object]:
    """A code cell that was not run."""
    return {
        "cell_type": "code",
        "execution_count": None,
        "id": name,
        "metadata": {},
        "outputs": [],
        "source": source,
    }


def write(path: Path, text: str) -> Path:
    """Write `text` as UTF-8 with its line ends as they are."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    return path


def fill(folder: Path, text: str = TEXT) -> Path:
    """Put the files that most sessions need into `folder`: each is changed by one test alone."""
    for name in ("plain.py", "quickfix.py", "save.py", "command.py"):
        write(folder / name, text)
    for name in ("windows.py", "save_windows.py"):
        write(folder / name, windows(text))
    return folder
