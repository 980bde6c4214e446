"""How long a first review takes beside `ast.parse` and `ast.walk` of the same text, in one process."""

from __future__ import annotations

import ast
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

from ml_lsp.review import Document
from ml_lsp.server.engine import Engine, load

ROUNDS = 5


def milliseconds(work: Callable[[], object]) -> float:
    """The time that `work` takes, once."""
    started = time.perf_counter()
    work()
    return (time.perf_counter() - started) * 1e3


def walk(text: str) -> None:
    """What every review has to do at least."""
    for _ in ast.walk(ast.parse(text)):
        pass


def main(file: Path) -> None:
    """Print the medians: the walk, the review of a text never seen."""
    text, engine = file.read_text(), load()
    engine.now(Document(file, "import torch\n"), engine.rules)  # what is loaded only once
    walks, reviews = [], []
    for number in range(ROUNDS):
        fresh = text.replace("self", f"self{number}")  # nothing of it is remembered
        walks.append(milliseconds(lambda fresh=fresh: walk(fresh)))
        reviews.append(milliseconds(lambda fresh=fresh: _review(engine, file, fresh)))
    print(statistics.median(walks), statistics.median(reviews))


def _review(engine: Engine, file: Path, text: str) -> None:
    engine.memory.forget(file)
    engine.now(Document(file, text), engine.rules)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
