"""How shell scripts start distributed programs: the commands, and the number of processes they fix."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ml_lsp.semantics.project import Project, remembered
from ml_lsp.text import Span

# A command with the lines that a backslash joins to it.
_COMMAND = re.compile(
    r"^(?![ \t]*#)[^\n]*?\b(?:deepspeed|torchrun|torch\.distributed\.(?:launch|run))\b(?:[^\\\n]|\\.|\\\n)*",
    re.MULTILINE,
)
_COUNT = re.compile(r"--(?:num_gpus|nproc[_-]per[_-]node)[ =]([0-9]+)(?=\s|\\|\Z)")
_OTHER_NODES = re.compile(r"--(?:num_nodes|nnodes)[ =](?!1(?:\s|\\|\Z))|--hostfile|--include|-H ")


@dataclass(frozen=True)
class Launch:
    """A command of a script that starts a program. `processes`: how many, None if it does not say or several
    machines take part."""

    path: Path
    span: Span
    text: str
    processes: int | None


def launches(project: Project) -> tuple[Launch, ...]:
    """The commands of a project's scripts that start distributed programs."""
    return remembered(project, _all)


def _all(project: Project) -> tuple[Launch, ...]:
    return tuple(
        launch for path in project.script_files for launch in _of_script(path, project.text_at(path))
    )


def _of_script(path: Path, text: str | None) -> Iterator[Launch]:
    for found in _COMMAND.finditer(text or ""):
        count = _COUNT.search(found[0])
        fixed = count is not None and not _OTHER_NODES.search(found[0])
        yield Launch(path, Span(*found.span()), found[0], int(count[1]) if count and fixed else None)
