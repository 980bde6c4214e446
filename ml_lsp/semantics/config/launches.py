"""How shell scripts and Makefiles start distributed programs: the commands, and the number of processes they fix."""

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
_COUNT = re.compile(
    r"--(?:num_gpus|nproc[_-]per[_-]node)[ =](?:([0-9]+)|\"?\$\{?(\w+)\}?\"?)(?=\s|\\|\Z)", re.ASCII
)
_GIVEN = re.compile(r"--(?:num_gpus|nproc[_-]per[_-]node)\b")
# The launcher of DeepSpeed without a number: it takes all GPUs of the machine. Not the option of that name.
_ON_ALL_GPUS = re.compile(r"^[ \t]*(?:exec[ \t]+)?deepspeed[ \t\\]")
# What a job of Slurm asks for: GPUs, and machines. https://slurm.schedmd.com/sbatch.html
_JOB_GPUS = re.compile(
    r"^#SBATCH[ \t]+(?:--gpus(?:-per-node)?[= ]|-G[ \t]*|--gres[= ]gpu:)(?:\w+:)?([0-9]+)[ \t]*(?:#.*)?$",
    re.M,
)
_MACHINES = re.compile(r"^#SBATCH[ \t]+(?:--nodes[= ]|-N[ \t]*|--ntasks[= ]|-n[ \t]*)([^\s#]*)", re.M)
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
        several = _OTHER_NODES.search(found[0])
        count = None if several else _processes(path, found[0], text or "")
        yield Launch(path, Span(*found.span()), found[0], count)


def _processes(path: Path, command: str, script: str) -> int | None:
    count = _COUNT.search(command)
    if count is not None:
        return int(count[1]) if count[1] else _variable(path, count[2], script)
    if _GIVEN.search(command) or not _ON_ALL_GPUS.search(command) or "CUDA_VISIBLE" in script:
        return None
    asked = _JOB_GPUS.findall(script)
    return int(asked[0]) if len(asked) == 1 and set(_MACHINES.findall(script)) <= {"1"} else None


def _variable(path: Path, name: str, script: str) -> int | None:
    """The number that a shell script gives a variable; None where it may be another one, as in any Makefile."""
    set_to = re.findall(rf"(?<![\w$])(?<!\$\{{){name}\b(?:=(\S*))?", script)
    is_number = len(set_to) == 1 and re.fullmatch(r"[0-9]+", set_to[0], re.ASCII)
    return int(set_to[0]) if is_number and not path.name.endswith("Makefile") else None
