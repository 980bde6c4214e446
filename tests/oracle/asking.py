"""How the oracle's tests write projects and ask about them."""

from pathlib import Path

from ml_lsp.oracle.client import ask_now
from ml_lsp.oracle.process import Place
from ml_lsp.oracle.question import Answer, Question


def write(root: Path, files: dict[str, str]) -> None:
    """Write `files` (name -> text) under `root`."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def ask_all(place: Place, folder: Path, *names: str) -> list[Answer]:
    """The answers about `names`, in order."""
    questions = [Question(name) for name in names]
    answers = ask_now(questions, place, folder)
    return [answers[question] for question in questions]
